//! The pages for customers: the help home and the guide to the chat. Both carry the home widget as any other
//! site does, by its snippet.

use super::page::Page;
use crate::desk::account::api::{front_page, guide_page};
use crate::kit::{Icon, Title, To, awaited};
use crate::model::{
    id::{ConversationId, WidgetId},
    workspace::Front,
};
use crate::tr;
use leptos::prelude::*;
use leptos_router::{components::Redirect, hooks::use_params_map};

#[component]
pub fn HomePage() -> impl IntoView {
    let front = awaited(|| (), |()| front_page());
    view! {
        <Page resource=front let:front>
            <Home front />
        </Page>
    }
}

#[component]
fn Home(front: Front) -> impl IntoView {
    let Front {
        workspace,
        online,
        home_widget,
        needs_setup,
    } = front;
    let (dot, state) = if online {
        ("online", tr!(home.online))
    } else {
        ("offline", tr!(home.offline))
    };
    let lead = if online {
        tr!(home.lead_online, workspace = workspace.clone()).to_string()
    } else {
        tr!(home.lead_offline).to_owned()
    };
    view! {
        <Title text=tr!(home.title, workspace = workspace.clone()).to_string() />
        <Public workspace home_widget rings=true>
            {match home_widget {
                Some(widget) => {
                    view! {
                        <To
                            href=format!("/widget/{widget}")
                            attr:class="bell"
                            attr:data-chat=""
                            attr:aria-label=tr!(home.ring)
                            attr:title=tr!(home.ring)
                        >
                            <Icon name="deskbell" />
                        </To>
                    }
                        .into_any()
                }
                None => {
                    view! {
                        <span class="bell" aria-hidden="true">
                            <Icon name="deskbell" />
                        </span>
                    }
                        .into_any()
                }
            }}
            <p class="online">
                <span class="dot" data-availability=dot></span>
                {state}
            </p>
            <h1>{tr!(home.heading)}</h1>
            <p>{lead}</p>
            {home_widget
                .map(|widget| view! { <OpenChat widget words=if online { tr!(home.chat) } else { tr!(home.leave) } /> })}
            {needs_setup
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
        </Public>
    }
}

/// Staff have their inbox instead, and the conversation in it that the address names.
#[component]
pub fn GuidePage() -> impl IntoView {
    let front = awaited(|| (), |()| guide_page());
    let named = use_params_map().with_untracked(|p| p.get("id"));
    let named = named.and_then(|id| id.parse::<ConversationId>().ok());
    let desk = named.map_or("/desk".to_owned(), |id| format!("/desk/c/{id}"));
    view! {
        <Page resource=front let:front>
            {match front {
                Some(front) => view! { <Guide front /> }.into_any(),
                None => view! { <Redirect path=desk.clone() /> }.into_any(),
            }}
        </Page>
    }
}

#[component]
fn Guide(front: Front) -> impl IntoView {
    let Front {
        workspace,
        home_widget,
        ..
    } = front;
    view! {
        <Title text=tr!(home.guide_title, workspace = workspace.clone()).to_string() />
        <Public workspace home_widget>
            <span class="bell" aria-hidden="true">
                <Icon name="message-circle" />
            </span>
            <h1>{tr!(home.guide_heading)}</h1>
            <p>{tr!(home.guide_lead)}</p>
            {home_widget.map(|widget| view! { <OpenChat widget words=tr!(home.guide_open) /> })}
            <ul class="reasons">
                <li>
                    <Icon name="zap" />
                    <h2>{tr!(home.reason_1)}</h2>
                    <p>{tr!(home.reason_1_more)}</p>
                </li>
                <li>
                    <Icon name="history" />
                    <h2>{tr!(home.reason_2)}</h2>
                    <p>{tr!(home.reason_2_more)}</p>
                </li>
                <li>
                    <Icon name="user-check" />
                    <h2>{tr!(home.reason_3)}</h2>
                    <p>{tr!(home.reason_3_more)}</p>
                </li>
            </ul>
        </Public>
    }
}

/// A link to the chat's own page, which the script below turns into "open the widget".
#[component]
fn OpenChat(widget: WidgetId, words: &'static str) -> impl IntoView {
    view! {
        <To
            href=format!("/widget/{widget}")
            attr:class="button"
            attr:data-kind="primary"
            attr:data-size="l"
            attr:data-chat=""
        >
            <Icon name="message-circle" />
            {words}
        </To>
    }
}

/// The snippet, and a click on `[data-chat]` that opens the chat once the loader is there. Where the page itself
/// `rings`, the launcher comes when there is something to read.
fn snippet(widget: WidgetId, rings: bool) -> String {
    let quiet = if rings {
        "Deskbell('hide');Deskbell('on','unread',n=>n&&Deskbell('show'));"
    } else {
        ""
    };
    format!(
        "window.Deskbell=window.Deskbell||function(){{(Deskbell.q=Deskbell.q||[]).push(arguments)}};\
         Deskbell('init',{{widgetId:'{widget}'}});{quiet}\
         document.addEventListener('click',e=>{{const a=e.target.closest&&e.target.closest('[data-chat]');\
         if(a&&Deskbell.v&&document.querySelector('desk-bell')&&!e.ctrlKey&&!e.metaKey&&!e.shiftKey&&!e.button)\
         {{e.preventDefault();Deskbell('open')}}}},true)"
    )
}

#[component]
fn Public(
    workspace: String,
    home_widget: Option<WidgetId>,
    /// The page has a bell of its own.
    #[prop(optional)]
    rings: bool,
    children: Children,
) -> impl IntoView {
    let foot = tr!(home.foot, workspace = workspace.clone()).to_string();
    view! {
        <div class="public" data-preset="teal">
            <a class="skip" href="#main" rel="external">
                {tr!(shell.skip)}
            </a>
            <header class="public-bar">
                <To href="/" attr:class="brand">
                    <span class="brand-mark">
                        <Icon name="deskbell" />
                    </span>
                    <span>{workspace}</span>
                </To>
                <To href="/sign-in" attr:class="public-staff">
                    {tr!(home.staff)}
                </To>
            </header>
            <main id="main" class="welcome">
                {children()}
            </main>
            <footer class="public-foot">
                <span>{foot}</span>
            </footer>
            {home_widget
                .map(|widget| {
                    view! {
                        <script nonce=leptos::nonce::use_nonce()>{snippet(widget, rings)}</script>
                        <script async src="/widget.js" nonce=leptos::nonce::use_nonce()></script>
                    }
                })}
        </div>
    }
}
