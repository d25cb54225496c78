//! Fields. Each stands in a form that works as plain HTML; when such a post is refused, the page comes back
//! with what was typed and the sentence at the field, see [`Refused`].

use super::{Icon, browser, effect, loaded::Wire};
use crate::{
    model::{
        error::{Error, Result},
        wire,
    },
    tr,
};
use leptos::{
    context::Provider,
    either::{Either, EitherOf3},
    ev::SubmitEvent,
    form::form_data_from_event,
    nonce::use_nonce,
    prelude::*,
    server_fn::ServerFn,
    task::spawn_local,
    web_sys::FormData,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, future::Future, pin::Pin};

/// A plain post that failed. Provided to the page that is rendered in answer to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The form's address, `/_fn/…`.
    pub action: String,
    pub error: Error,
    /// Without passwords.
    pub typed: BTreeMap<String, String>,
    /// `page=…`: which page the form stood on, as a query.
    pub return_page: String,
}

/// The field of a door's query that says which page a form stands on.
pub const PAGE: &str = "page";

/// Take a refusal that the server knows of into the browser as well: both sides must draw the same page.
/// Called once, at the page's root.
pub fn carry_refused() {
    let refused = SharedValue::<_, Wire>::new_with_encoding(use_context::<Refused>).into_inner();
    if let Some(refused) = refused {
        provide_context(refused);
    }
}

/// Where a form posts to. On a page that is the answer to a post it says which page it stands on: the browser takes it
/// for the post's.
pub fn address(door: &str) -> String {
    match use_context::<Refused>() {
        Some(refused) => format!("{door}?{}", refused.return_page),
        None => door.to_owned(),
    }
}

/// In the head of such a page: its own address again, before anything there reads it.
#[component]
pub fn AtHome() -> impl IntoView {
    use_context::<Refused>().map(|refused| {
        // Written as a query is, so there is nothing in it that could end the text or the script.
        let query = refused.return_page;
        let script =
            format!("history.replaceState(null,'',new URLSearchParams('{query}').get('{PAGE}'))");
        view! { <script nonce=use_nonce()>{script}</script> }
    })
}

/// The form that the fields below belong to; needed where a page has several.
#[derive(Clone)]
struct In(String);

/// Say that the fields below belong to the form that posts to `action`.
pub fn inside(action: impl Into<String>) {
    provide_context(In(action.into()));
}

/// The same for the children alone: beside them stands another form.
#[component]
pub fn Inside(action: &'static str, children: Children) -> impl IntoView {
    view! { <Provider value=In(action.to_owned())>{children()}</Provider> }
}

/// The refusal of the form around, if there was one.
pub fn refused() -> Option<Refused> {
    let refused = use_context::<Refused>()?;
    let same = use_context::<In>().is_none_or(|form| form.0 == refused.action);
    same.then_some(refused)
}

/// The refusal of the form that posts to `action`.
pub fn refused_by(action: &str) -> Option<Refused> {
    use_context::<Refused>().filter(|r| r.action == action)
}

/// How fields are posted to an address from the page as it stands, and answered. The root of the pages provides it:
/// how the server is called is no matter of fields.
#[derive(Clone, Copy)]
pub struct Post(pub fn(&str, &FormData) -> Answering);

/// An answer that is on its way.
type Answering = Pin<Box<dyn Future<Output = Result<wire::Json>> + Send>>;

/// A form's way to the door `F`, from the page as it stands: whether it is under way, and what came of it last.
pub struct Posting<F: ServerFn<Output: Send + Sync> + 'static> {
    post: Option<Post>,
    pending: RwSignal<bool>,
    value: RwSignal<Option<Result<F::Output>>>,
}

impl<F: ServerFn<Output: Send + Sync>> Copy for Posting<F> {}
impl<F: ServerFn<Output: Send + Sync>> Clone for Posting<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Posting<F>
where
    F: ServerFn<Error = Error, Output: DeserializeOwned + Send + Sync>,
{
    #[allow(clippy::new_without_default)] // it belongs to the component that makes it
    pub fn new() -> Self {
        Posting {
            post: use_context(),
            pending: RwSignal::new(false),
            value: RwSignal::new(None),
        }
    }

    pub fn pending(self) -> RwSignal<bool> {
        self.pending
    }

    pub fn value(self) -> RwSignal<Option<Result<F::Output>>> {
        self.value
    }

    /// As before the first try.
    pub fn clear(self) {
        self.value.set(None);
    }

    fn send(self, Post(post): Post, form: FormData) {
        self.pending.set(true);
        spawn_local(async move {
            let answer = post(F::url(), &form).await;
            let answer = answer.and_then(|said| wire::make(said).map_err(|_| Error::Unavailable));
            self.pending.try_set(false);
            self.value.try_set(Some(answer));
        });
    }
}

/// A form that posts to a door: by itself as plain HTML, and without leaving the page where there are scripts.
#[component]
pub fn Form<F>(action: Posting<F>, children: Children) -> impl IntoView
where
    F: ServerFn<Error = Error, Output: DeserializeOwned + Send + Sync> + 'static,
{
    let submit = move |ev: SubmitEvent| {
        // Where nothing was provided the browser posts it.
        let Some(post) = action.post.filter(|_| !ev.default_prevented()) else {
            return;
        };
        ev.prevent_default();
        if let Ok(form) = form_data_from_event(&ev) {
            action.send(post, form);
        }
    };
    view! {
        <form method="post" action=address(F::url()) on:submit=submit>
            {children()}
        </form>
    }
}

/// The foot of a page that is one form: always there, and loud while something is not saved yet.
#[component]
pub fn SaveBar(
    #[prop(into)] busy: Signal<Option<&'static str>>,
    #[prop(into)] dirty: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="save-bar" data-dirty=move || dirty.get().then_some("")>
            <span role="status">{move || dirty.get().then_some(tr!(common.unsaved))}</span>
            <button
                class="button"
                data-kind=move || if dirty.get() { "primary" } else { "plain" }
                type="submit"
                aria-busy=move || busy.get()
            >
                {tr!(common.save)}
            </button>
        </div>
    }
}

/// What to say above a form's fields: the error of the last try, unless it is about a field.
#[component]
pub fn FormError(#[prop(optional, into)] error: Signal<Option<Error>>) -> impl IntoView {
    let first = refused().map(|r| r.error);
    move || {
        error
            .get()
            .or_else(|| first.clone())
            .filter(|e| !matches!(e, Error::Invalid { .. }))
            .map(|e| {
                view! {
                    <div class="notice" data-tone="bad" role="alert">
                        <Icon name="circle-alert" />
                        <div>{e.sentence()}</div>
                    </div>
                }
            })
    }
}

/// A label, an input, a hint, what is wrong.
///
/// `kind` is the input's type, or `textarea`. `error` is the action's last error, of which the part about this
/// field is shown.
#[component]
pub fn Field(
    #[prop(into)] label: String,
    name: &'static str,
    /// Unique on the page; by default the name.
    #[prop(optional, into)]
    id: Option<String>,
    #[prop(optional, into)] kind: Option<&'static str>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<Error>>,
    #[prop(optional)] required: bool,
    /// Say "optional" beside the label.
    #[prop(optional)]
    optional: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional, into)] autocomplete: Option<&'static str>,
    #[prop(optional, into)] maxlength: Option<usize>,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(optional, into)] inputmode: Option<&'static str>,
    #[prop(optional)] mono: bool,
    /// Where else what is typed goes.
    #[prop(optional)]
    on_input: Option<Callback<String>>,
    /// Below the field, after it in the order of reading.
    #[prop(optional, into)]
    below: ViewFn,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.to_owned());
    let kind = kind.unwrap_or("text");
    let first = refused();
    let typed = first
        .as_ref()
        .and_then(|r| r.typed.get(name).cloned())
        .filter(|_| kind != "password");
    let value = typed.or(value).unwrap_or_default();
    let sentence = Memo::new(move |_| match error.get() {
        Some(e) => e.about(name),
        None => first.as_ref().and_then(|r| r.error.about(name)),
    });
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = hint
        .as_ref()
        .map_or_else(|| error_id.clone(), |_| format!("{hint_id} {error_id}"));
    let invalid = move || sentence.get().is_some().then_some("true");
    let mono = mono.then_some("");
    let shown = RwSignal::new(false);
    let heard = move |text: String| on_input.into_iter().for_each(|f| f.run(text.clone()));
    let input = if kind == "textarea" {
        EitherOf3::A(view! {
            <Area
                id=id.clone()
                name
                value
                required
                autofocus
                maxlength
                placeholder
                mono
                described
                invalid=Signal::derive(invalid)
                on_input=Callback::new(heard)
            />
        })
    } else {
        EitherOf3::B(view! {
            <input
                class="input"
                id=id.clone()
                name=name
                type=move || if shown.get() { "text" } else { kind }
                value=value
                required=required
                autofocus=autofocus
                autocomplete=autocomplete
                maxlength=maxlength.map(|n| n.to_string())
                placeholder=placeholder
                inputmode=inputmode
                data-mono=mono
                aria-describedby=described
                aria-invalid=invalid
                on:input=move |e| heard(event_target_value(&e))
            />
        })
    };
    let input: EitherOf3<_, _, ()> = input;
    let input = if kind == "password" {
        Either::Left(view! {
            <div class="input-group">
                {input} <Eye shown />
            </div>
        })
    } else {
        Either::Right(input)
    };
    view! {
        <div class="field">
            <div class="label-row">
                <label for=id>
                    {label} {optional.then(|| view! { <span class="optional">" " {tr!(common.optional)}</span> })}
                </label>
            </div>
            {input} {below.run()}
            {hint
                .map(|h| {
                    view! {
                        <p class="hint" id=hint_id hidden=move || sentence.read().is_some()>
                            {h}
                        </p>
                    }
                })}
            <p class="error-text" id=error_id hidden=move || sentence.read().is_none()>
                <Icon name="circle-alert" size="s" />
                <span>{move || sentence.get()}</span>
            </p>
        </div>
    }
}

/// Shows what was typed in a password's field. It takes a script, so it is not there before the page is alive; on a
/// still page its script (`app/still.js`) finds it by `data-eye`.
#[component]
fn Eye(shown: RwSignal<bool>) -> impl IntoView {
    let alive = RwSignal::new(false);
    effect(move |_| alive.set(true));
    view! {
        <button
            class="button"
            data-icon
            data-eye
            type="button"
            hidden=move || !alive.get()
            aria-label=tr!(common.show_password)
            title=tr!(common.show_password)
            aria-pressed=move || shown.get().to_string()
            on:click=move |_| shown.update(|on| *on = !*on)
        >
            <Icon name="eye" />
        </button>
    }
}

/// A `<textarea>` with what was typed in it. Its text is written as escaped mark-up, because Leptos does not
/// escape a textarea's children.
#[component]
pub fn Area(
    #[prop(into)] id: String,
    name: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional)] required: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional_no_strip)] maxlength: Option<usize>,
    #[prop(optional_no_strip)] placeholder: Option<String>,
    #[prop(optional_no_strip)] mono: Option<&'static str>,
    #[prop(optional, into)] described: String,
    #[prop(optional, into)] invalid: Signal<Option<&'static str>>,
    #[prop(optional)] on_input: Option<Callback<String>>,
) -> impl IntoView {
    view! {
        <textarea
            class="textarea"
            id=id
            name=name
            required=required
            autofocus=autofocus
            maxlength=maxlength.map(|n| n.to_string())
            placeholder=placeholder
            data-mono=mono
            aria-describedby=(!described.is_empty()).then_some(described)
            aria-invalid=move || invalid.get()
            on:input=move |e| on_input.into_iter().for_each(|f| f.run(event_target_value(&e)))
            inner_html=escaped(&value)
        ></textarea>
    }
}

/// Text as the inside of a textarea. The first line break there is dropped when a page is parsed, so the server puts
/// one before; an element that a script fills keeps it.
pub fn escaped(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!(
        "{}{}",
        browser::DROPPED,
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    )
}
