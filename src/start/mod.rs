//! Where the browser comes in: one exported entry for the inbox, one for the administration, one for the widget's
//! frame. Each is linked into a module of its own; the page's script calls the one that it is for (`app::module`).

#[cfg(feature = "hydrate-admin")]
mod admin;
#[cfg(feature = "hydrate-chat")]
mod chat;
#[cfg(feature = "hydrate-desk")]
mod desk;

use crate::tr;
use leptos::prelude::document;
use wasm_bindgen::{JsCast, closure::Closure};

/// What every module begins with; `words` is the text of the file that its page names. Without its words a module has
/// nothing to say, so it ends here, and the page stays as the server has drawn it.
fn begin(words: &str) {
    std::panic::set_hook(Box::new(console_error_panic_hook::hook));
    crate::words::hand_over(words);
    mind_panics();
}

/// A panic ends the module, and every button with it: say so and offer the reload.
fn mind_panics() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        _ = banner();
    }));
}

fn banner() -> Option<()> {
    const ID: &str = "broken";
    let page = document();
    if page.get_element_by_id(ID).is_some() {
        return None;
    }
    let make = |name: &str, class: &str| {
        let element = page.create_element(name).ok()?;
        element.set_class_name(class);
        Some(element)
    };
    let (edge, line, words, button) = (
        make("div", "toasts")?,
        make("p", "toast")?,
        make("span", "")?,
        make("button", "button")?,
    );
    edge.set_id(ID);
    edge.set_attribute("role", "alert").ok()?;
    words.set_text_content(Some(tr!(common.broken)));
    button.set_attribute("data-size", "s").ok()?;
    button.set_text_content(Some(tr!(common.reload)));
    let reload = Closure::<dyn Fn()>::new(crate::kit::browser::reload);
    button
        .add_event_listener_with_callback("click", reload.as_ref().unchecked_ref())
        .ok()?;
    reload.forget();
    line.append_child(&words).ok()?;
    line.append_child(&button).ok()?;
    edge.append_child(&line).ok()?;
    page.body()?.append_child(&edge).ok().map(|_| ())
}
