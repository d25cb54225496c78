//! Pages, routes, frames: only composition. Each area of the desk sits behind one module; the widget's
//! document is a root of its own and not part of this app.

mod admin;
mod answer;
pub mod api;
mod built;
mod doors;
pub mod inbox_page;
mod links;
pub mod oops;
#[cfg(feature = "ssr")]
mod overview;
mod page;
mod public;
pub mod shell;
pub mod widget_page;

use crate::kit::{Toasts, effect, form::carry_refused, toast::Say};
use admin::{AdminAgents, AdminOverview, AdminSettings, AdminWidget, AdminWidgets, MySessions};
use doors::SignInPage;
use inbox_page::InboxPage;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, Link, MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};
use links::{EnterPage, InvitationPage, ResetPage, SetUpPage};
use oops::Missing;
use public::{GuidePage, HomePage};

/// Before the first paint: the theme that was chosen here.
const THEME: &str = "try{const t=localStorage.getItem('deskbell.theme');if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch(e){}";

/// The document around the app.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                />
                <meta name="color-scheme" content="light dark" />
                <script nonce=leptos::nonce::use_nonce()>{THEME}</script>
                <HashedStylesheet options=options.clone() id="style" />
                <AutoReload options=options.clone() />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    carry_refused();
    Say::provide();
    // What tests and styles wait for: from here on the page is alive.
    effect(move |_| {
        if let Some(root) = document().document_element() {
            _ = root.set_attribute("data-hydrated", "");
        }
    });
    // Everything a page needs is in its first answer, with the right status, also where no module runs.
    let whole = SsrMode::Async;
    let (list, thread) = (whole.clone(), whole.clone());
    view! {
        <Link rel="icon" href="/favicon.svg" type_="image/svg+xml" />
        <Router>
            <Routes fallback=|| view! { <Missing /> }>
                <Route path=path!("/") view=HomePage ssr=whole.clone() />
                <Route path=path!("/support/conversations") view=GuidePage ssr=whole.clone() />
                <Route path=path!("/sign-in") view=SignInPage ssr=whole.clone() />
                <Route path=path!("/setup") view=SetUpPage ssr=whole.clone() />
                <Route path=path!("/invitation") view=InvitationPage ssr=whole.clone() />
                <Route path=path!("/reset") view=ResetPage ssr=whole.clone() />
                <Route path=path!("/enter") view=EnterPage ssr=whole.clone() />
                // One page for both addresses; it reads the address itself.
                <ParentRoute path=path!("/desk") view=InboxPage ssr=whole.clone()>
                    <Route path=path!("") view=|| () ssr=list />
                    <Route path=path!("c/:id") view=|| () ssr=thread />
                </ParentRoute>
                <Route path=path!("/account/sessions") view=MySessions ssr=whole.clone() />
                <Route path=path!("/admin") view=AdminOverview ssr=whole.clone() />
                <Route path=path!("/admin/agents") view=AdminAgents ssr=whole.clone() />
                <Route path=path!("/admin/widgets") view=AdminWidgets ssr=whole.clone() />
                <Route path=path!("/admin/widgets/:id") view=AdminWidget ssr=whole.clone() />
                <Route path=path!("/admin/settings") view=AdminSettings ssr=whole />
            </Routes>
        </Router>
        <Toasts />
    }
}
