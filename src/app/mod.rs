//! Pages, routes, frames: only composition. Which page is linked into which WASM module: `pages.rs`; the widget's
//! document is a root of its own and not part of this app.

mod admin;
mod answer;
pub mod api;
pub mod built;
mod doors;
pub mod inbox_page;
mod links;
pub mod module;
pub mod oops;
#[cfg(feature = "ssr")]
mod overview;
mod page;
pub mod pages;
mod public;
pub mod shell;
pub mod widget_page;

use crate::kit::{
    Beyond, Toasts, browser, effect,
    form::{AtHome, Post, carry_refused},
    toast::Say,
};
use crate::live::door;
use built::Built;
use leptos::{either::Either, prelude::*};
use leptos_meta::{HashedStylesheet, Link, MetaTags, provide_meta_context};
use leptos_router::{
    any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute},
    components::{Router, Routes, RoutesProps},
    hooks::use_location,
    location::RequestUrl,
};
use module::{Module, Start};
use oops::Missing;
use pages::{AdminRoutes, DeskRoutes, StillRoutes};
use std::{sync::Arc, time::Duration};

/// Before the first paint: the theme that was chosen here.
const THEME: &str = "try{const t=localStorage.getItem('deskbell.theme');if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch(e){}";

/// Before anything else: whoever signed out a moment ago leaves no texts in this browser (`live::outbox::Writer` has
/// the keys). It needs no module, and works in every tab that is led here.
const SIGNED_OUT: &str = "try{const l=/(?:^|; )(?:__Host-)?deskbell-left=([0-9a-f-]{36})/.exec(document.cookie);if(l)for(const s of[localStorage,sessionStorage])for(const k of Object.keys(s))if(k.startsWith('deskbell.unsent.'+l[1]+'.')||k.startsWith('deskbell.draft.'+l[1]+'.'))s.removeItem(k)}catch(e){}";

/// At the end of a still page: a form that was posted looks busy, and a password can be shown.
const STILL: &str = include_str!("still.js");

/// The document around the app. A still page has a smaller sheet and no module.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let module = asked();
    let sheet = match module {
        Some(_) => Either::Left(view! { <HashedStylesheet options=options.clone() id="style" /> }),
        None => {
            let still = Built::of(&options).still.clone();
            Either::Right(view! { <link rel="stylesheet" id="style" href=still /> })
        }
    };
    view! {
        <!DOCTYPE html>
        <html lang=crate::words::language()>
            <head>
                <AtHome />
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                />
                <meta name="color-scheme" content="light dark" />
                <script nonce=leptos::nonce::use_nonce()>{THEME}</script>
                <script nonce=leptos::nonce::use_nonce()>{SIGNED_OUT}</script>
                {sheet}
                <AutoReload options=options.clone() />
                {module.map(|module| view! { <Start options module /> })}
                <MetaTags />
            </head>
            <body>
                <App />
                {module.is_none().then(|| view! { <script nonce=leptos::nonce::use_nonce()>{STILL}</script> })}
            </body>
        </html>
    }
}

/// Every page, as the server knows them.
#[component]
pub fn App() -> impl IntoView {
    let all = (StillRoutes(), AdminRoutes(), DeskRoutes());
    root(asked(), all.into_any_nested_route())
}

/// The inbox alone; hydrated by the entry `desk`.
#[component]
pub fn Desk() -> impl IntoView {
    root(Some(Module::Desk), DeskRoutes())
}

/// Every other page that a module makes alive; hydrated by the entry `admin`.
#[component]
pub fn Admin() -> impl IntoView {
    root(Some(Module::Admin), AdminRoutes())
}

/// The body of a page of this module, whichever it is of those.
fn root(here: Option<Module>, routes: AnyNestedRoute) -> impl IntoView {
    begin(here);
    view! {
        <Link rel="icon" href="/favicon.svg" type_="image/svg+xml" />
        <Router>
            {Routes(
                RoutesProps::builder()
                    .fallback(Elsewhere)
                    .children(ToChildren::to_children(move || routes))
                    .build(),
            )}
        </Router>
        {here.map(|_| view! { <Toasts /> })}
    }
}

/// The module of the page that is being rendered.
fn asked() -> Option<Module> {
    let url = use_context::<RequestUrl>()?.parse().ok()?;
    Module::of(url.path())
}

/// Which module this page belongs to.
#[derive(Clone, Copy)]
struct Here(Option<Module>);

/// Whether a module makes this page alive, or will; if not, the page is still.
fn is_alive() -> bool {
    use_context::<Here>().is_some_and(|here| here.0.is_some())
}

/// What every page finds.
fn begin(here: Option<Module>) {
    provide_meta_context();
    carry_refused();
    provide_context(Here(here));
    provide_context(Beyond(Arc::new(move |path| {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        Module::of(path) != here
    })));
    provide_context(Post(door::post));
    Say::provide();
    // What tests and styles wait for: from here on the page is alive.
    effect(move |_| {
        if let Some(root) = document().document_element() {
            _ = root.set_attribute("data-hydrated", "");
        }
    });
}

/// No such page; or one of another module, to which something within this one has led: then the server is asked for
/// it, which knows them all. Links from one to the other are page loads ([`kit::To`](crate::kit::To)), so that the page
/// stays until then.
#[component]
fn Elsewhere() -> impl IntoView {
    let path = use_location().pathname;
    let here = use_context::<Here>().and_then(|here| here.0);
    if here.is_some() && here != Module::of(&path.read_untracked()) {
        // Not before the router has written the address.
        effect(|_| set_timeout(browser::reload, Duration::ZERO));
        return ().into_any();
    }
    view! { <Missing /> }.into_any()
}
