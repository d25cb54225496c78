//! Pages, routes, frames: only composition. Which page is linked into which WASM module: `module.rs`; the widget's
//! document is a root of its own and not part of this app.

mod admin;
mod answer;
pub mod api;
mod built;
mod doors;
pub mod inbox_page;
mod links;
pub mod module;
pub mod oops;
#[cfg(feature = "ssr")]
mod overview;
mod page;
mod public;
pub mod shell;
pub mod widget_page;

use crate::kit::{
    Toasts, browser, effect,
    form::{AtHome, Post, carry_refused},
    toast::Say,
};
use crate::live::door;
use admin::{AdminAgents, AdminOverview, AdminSettings, AdminWidget, AdminWidgets, MySessions};
use doors::SignInPage;
use inbox_page::InboxPage;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, Link, MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute},
    components::{ParentRoute, Route, Router, Routes},
    hooks::use_location,
    location::RequestUrl,
    path,
};
use links::{EnterPage, InvitationPage, ResetPage, SetUpPage};
use module::{Module, Start};
use oops::Missing;
use public::{GuidePage, HomePage};
use std::time::Duration;

/// Before the first paint: the theme that was chosen here.
const THEME: &str = "try{const t=localStorage.getItem('deskbell.theme');if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch(e){}";

/// Before anything else: whoever signed out a moment ago leaves no texts in this browser (`live::outbox::Writer` has
/// the keys). It needs no module, and works in every tab that is led here.
const SIGNED_OUT: &str = "try{const l=/(?:^|; )(?:__Host-)?deskbell-left=([0-9a-f-]{36})/.exec(document.cookie);if(l)for(const s of[localStorage,sessionStorage])for(const k of Object.keys(s))if(k.startsWith('deskbell.unsent.'+l[1]+'.')||k.startsWith('deskbell.draft.'+l[1]+'.'))s.removeItem(k)}catch(e){}";

/// The document around the app.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let asked = use_context::<RequestUrl>().and_then(|url| url.parse().ok());
    let module = asked.map_or(Module::Admin, |url| Module::of(url.path()));
    view! {
        <!DOCTYPE html>
        <html lang="en">
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
                <HashedStylesheet options=options.clone() id="style" />
                <AutoReload options=options.clone() />
                <Start options module />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Every page, as the server knows them.
#[component]
pub fn App() -> impl IntoView {
    begin();
    view! {
        <Around>
            <Router>
                <Routes fallback=Elsewhere>
                    <AdminRoutes />
                    <DeskRoutes />
                </Routes>
            </Router>
        </Around>
    }
}

/// The inbox alone; hydrated by the entry `desk`.
#[component]
pub fn Desk() -> impl IntoView {
    begin();
    provide_context(Module::Desk);
    view! {
        <Around>
            <Router>
                <Routes fallback=Elsewhere>
                    <DeskRoutes />
                </Routes>
            </Router>
        </Around>
    }
}

/// Everything but the inbox; hydrated by the entry `admin`.
#[component]
pub fn Admin() -> impl IntoView {
    begin();
    provide_context(Module::Admin);
    view! {
        <Around>
            <Router>
                <Routes fallback=Elsewhere>
                    <AdminRoutes />
                </Routes>
            </Router>
        </Around>
    }
}

/// What every page finds.
fn begin() {
    provide_meta_context();
    carry_refused();
    provide_context(Post(door::post));
    Say::provide();
    // What tests and styles wait for: from here on the page is alive.
    effect(move |_| {
        if let Some(root) = document().document_element() {
            _ = root.set_attribute("data-hydrated", "");
        }
    });
}

#[component]
fn Around(children: Children) -> impl IntoView {
    view! {
        <Link rel="icon" href="/favicon.svg" type_="image/svg+xml" />
        {children()}
        <Toasts />
    }
}

/// No such page; or one of another module, to which something within this one has led: then the server is asked for
/// it, which knows them all. Links from one to the other are `rel="external"`, so that the page stays until then.
#[component]
fn Elsewhere() -> impl IntoView {
    let path = use_location().pathname;
    let here = use_context::<Module>();
    if here.is_some_and(|here| here != Module::of(&path.read_untracked())) {
        // Not before the router has written the address.
        effect(|_| set_timeout(browser::reload, Duration::ZERO));
        return ().into_any();
    }
    view! { <Missing /> }.into_any()
}

/// Everything a page needs is in its first answer, with the right status, also where no module runs.
const WHOLE: SsrMode = SsrMode::Async;

/// `/desk`. One page for both addresses; it reads the address itself.
#[component(transparent)]
fn DeskRoutes() -> AnyNestedRoute {
    view! {
        <ParentRoute path=path!("/desk") view=InboxPage ssr=WHOLE>
            <Route path=path!("") view=|| () ssr=WHOLE />
            <Route path=path!("c/:id") view=|| () ssr=WHOLE />
        </ParentRoute>
    }
    .into_inner()
}

#[component(transparent)]
fn AdminRoutes() -> AnyNestedRoute {
    view! {
        <Route path=path!("/") view=HomePage ssr=WHOLE />
        <Route path=path!("/support/conversations") view=GuidePage ssr=WHOLE />
        <Route path=path!("/support/conversations/:id") view=GuidePage ssr=WHOLE />
        <Route path=path!("/sign-in") view=SignInPage ssr=WHOLE />
        <Route path=path!("/setup") view=SetUpPage ssr=WHOLE />
        <Route path=path!("/invitation") view=InvitationPage ssr=WHOLE />
        <Route path=path!("/reset") view=ResetPage ssr=WHOLE />
        <Route path=path!("/enter") view=EnterPage ssr=WHOLE />
        <Route path=path!("/account/sessions") view=MySessions ssr=WHOLE />
        <Route path=path!("/admin") view=AdminOverview ssr=WHOLE />
        <Route path=path!("/admin/agents") view=AdminAgents ssr=WHOLE />
        <Route path=path!("/admin/widgets") view=AdminWidgets ssr=WHOLE />
        <Route path=path!("/admin/widgets/:id") view=AdminWidget ssr=WHOLE />
        <Route path=path!("/admin/settings") view=AdminSettings ssr=WHOLE />
    }
    .into_inner()
    .into_any_nested_route()
}
