//! The frame of every door, and the sign-in page.

use super::page::Page;
use crate::desk::account::{api::front_page, view::SignInForm};
use crate::kit::{Icon, Title, To, awaited};
use crate::tr;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// A door: the mark, a heading, a lead, then the form.
#[component]
pub fn GatePage(
    #[prop(into)] title: String,
    #[prop(into)] heading: String,
    #[prop(optional, into)] lead: ViewFn,
    /// `m` is wider.
    #[prop(optional)]
    width: Option<&'static str>,
    #[prop(optional, into)] foot: ViewFn,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <Title text=title />
        <div class="door" data-width=width>
            <main id="main">
                <header class="door-head">
                    <span class="door-mark">
                        <Icon name="deskbell" />
                    </span>
                    <h1>{heading}</h1>
                    {lead.run()}
                </header>
                {children.map(|form| form())}
            </main>
            <footer class="door-foot">{foot.run()}</footer>
        </div>
    }
}

#[component]
pub fn SignInPage() -> impl IntoView {
    let front = awaited(|| (), |()| front_page());
    let query = use_query_map();
    view! {
        <Page resource=front let:front>
            {
                let workspace = front.workspace;
                let help = tr!(home.foot, workspace = workspace.clone()).to_string();
                let to = query.with_untracked(|q| q.get("to")).unwrap_or_default();
                view! {
                    <GatePage
                        title=tr!(home.sign_in_title, workspace = workspace.clone()).to_string()
                        heading=tr!(home.sign_in_heading, workspace = workspace.clone()).to_string()
                        foot=move || {
                            let help = help.clone();
                            view! {
                                <To href="/">{help}</To>
                            }
                        }
                    >
                        {front
                            .needs_setup
                            .then(|| {
                                view! {
                                    <div class="notice" data-tone="wait" role="status">
                                        <Icon name="info" />
                                        <div>
                                            <b>{tr!(home.setup_title)}</b>
                                            " "
                                            {tr!(home.setup)}
                                        </div>
                                    </div>
                                }
                            })}
                        <SignInForm to />
                    </GatePage>
                }
            }
        </Page>
    }
}
