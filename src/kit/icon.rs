//! A picture from the one sprite, `/icons.svg`. It never carries meaning alone: words stand beside it.

use leptos::prelude::*;

/// Provided where the document carries the pictures itself, as `#i-name`, see [`sprite`].
///
/// The widget's frame does: Chromium does not draw a hidden frame of another site, and until it is drawn a `<use>`
/// of another file holds its `load` event back, on which the loader waits before it greets the frame.
#[derive(Clone, Copy)]
pub struct OwnPictures;

/// Where `<use>` finds the picture.
pub fn picture(name: &str) -> String {
    place(use_context::<OwnPictures>().is_some(), name)
}

fn place(own: bool, name: &str) -> String {
    if own {
        format!("#i-{name}")
    } else {
        format!("/icons.svg#{name}")
    }
}

/// The symbols of these names out of the sprite, for the inside of a hidden `<svg>`.
pub fn sprite(names: &[&str]) -> String {
    let all = include_str!("../../public/icons.svg");
    all.split("<symbol ")
        .filter_map(|symbol| {
            let (name, rest) = symbol.strip_prefix("id=\"")?.split_once('"')?;
            let (inside, _) = rest.split_once("</symbol>")?;
            names
                .contains(&name)
                .then(|| format!("<symbol id=\"i-{name}\"{inside}</symbol>"))
        })
        .collect()
}

#[component]
pub fn Icon(
    #[prop(into)] name: Signal<&'static str>,
    /// `s` or `l`.
    #[prop(optional, into)]
    size: Option<&'static str>,
    /// Besides `icon`.
    #[prop(optional, into)]
    class: Option<&'static str>,
) -> impl IntoView {
    let class = class.map_or_else(|| "icon".to_owned(), |c| format!("icon {c}"));
    let own = use_context::<OwnPictures>().is_some();
    view! {
        <svg class=class data-size=size aria-hidden="true">
            <use href=move || place(own, name.get())></use>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_may_carry_its_own_pictures() {
        let two = sprite(&["check", "x"]);
        assert_eq!(two.matches("<symbol ").count(), 2, "{two}");
        assert!(two.contains("id=\"i-check\"") && two.ends_with("</symbol>"));
        assert_eq!(place(true, "x"), "#i-x");
    }
}
