//! The pages of links with a token. Opening one shows a button and uses nothing up; the button leads to the
//! form (or, for the one click, is it), whose post does.

use super::{doors::GatePage, oops::Gone, page::Page};
use crate::desk::{
    account::{
        api::look_at_link,
        view::{AcceptForm, EnterForm, NewPasswordForm, SetUpForm},
    },
    conversation::view::ThreadForm,
};
use crate::kit::{Title, To, awaited};
use crate::model::{
    error::Error,
    link::{LinkInfo, Purpose},
};
use crate::tr;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The link in the address, if it works and is for this; and whether its button was pressed.
#[component]
fn Linked<F, V>(purpose: Purpose, children: F) -> impl IntoView
where
    F: Fn(LinkInfo, String, bool) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let query = use_query_map();
    let token = Memo::new(move |_| query.read().get("token").unwrap_or_default());
    let look = move |token| async move {
        match look_at_link(token).await {
            Ok(link) => Ok(Some(link)),
            Err(Error::NotFound) => Ok(None),
            Err(e) => Err(e),
        }
    };
    let link = awaited(move || token.get(), look);
    view! {
        <Page resource=link let:link>
            {match link.filter(|l| l.purpose == purpose) {
                Some(link) => {
                    let pressed = query.with_untracked(|q| q.get("open").is_some());
                    children(link, token.get_untracked(), pressed).into_any()
                }
                None => view! { <Gone /> }.into_any(),
            }}
        </Page>
    }
}

/// The one large button. A plain form, so that it works the same before the page is alive.
#[component]
fn Press(
    page: &'static str,
    token: String,
    words: &'static str,
    hint: &'static str,
) -> impl IntoView {
    view! {
        <form class="door-card" method="get" action=page>
            <div class="fields">
                <input type="hidden" name="token" value=token />
                <input type="hidden" name="open" value="1" />
                <button class="button" data-kind="primary" data-size="l" data-wide type="submit">
                    {words}
                </button>
                <p class="hint">{hint}</p>
            </div>
        </form>
    }
}

fn product() -> impl IntoView {
    "Deskbell"
}

#[component]
pub fn SetUpPage() -> impl IntoView {
    let page = move |_, token: String, pressed| {
        if pressed {
            view! {
                <GatePage
                    title=tr!(home.setup_page)
                    heading=tr!(home.setup_heading)
                    width="m"
                    lead=|| view! { <p>{tr!(home.setup_lead)}</p> }
                    foot=product
                >
                    <SetUpForm token />
                </GatePage>
            }
            .into_any()
        } else {
            view! {
                <GatePage title=tr!(home.setup_page) heading=tr!(home.setup_welcome) lead=|| view! { <p>{tr!(home.setup_two)}</p> } foot=product>
                    <Press page="/setup" token words=tr!(home.setup_button) hint=tr!(account.link_once_hour) />
                </GatePage>
            }
                .into_any()
        }
    };
    view! { <Linked purpose=Purpose::Setup children=page /> }
}

#[component]
pub fn InvitationPage() -> impl IntoView {
    let page = move |link: LinkInfo, token: String, pressed| {
        let title = tr!(home.invitation_page, workspace = link.workspace.clone()).to_string();
        let heading = tr!(home.invitation_heading, workspace = link.workspace.clone()).to_string();
        if pressed {
            let email = link.email.clone();
            view! {
                <GatePage title heading lead=move || view! { <p>{tr!(home.sign_in_as)} " " <b>{email.clone()}</b> "."</p> } foot=product>
                    <AcceptForm token email=link.email />
                </GatePage>
            }
                .into_any()
        } else {
            view! {
                <GatePage title heading lead=|| view! { <p>{tr!(home.invitation_lead)}</p> } foot=product>
                    <Press page="/invitation" token words=tr!(home.go_on) hint=tr!(home.invitation_once) />
                </GatePage>
            }
                .into_any()
        }
    };
    view! { <Linked purpose=Purpose::Invitation children=page /> }
}

/// With a link, the way to a new password; without one, how to get such a link.
#[component]
pub fn ResetPage() -> impl IntoView {
    let query = use_query_map();
    let page = move |link: LinkInfo, token: String, pressed| {
        let title = tr!(home.reset_page, workspace = link.workspace.clone()).to_string();
        if pressed {
            view! {
                <GatePage title heading=tr!(home.reset_heading) lead=|| view! { <p>{tr!(home.reset_lead)}</p> } foot=product>
                    <NewPasswordForm token email=link.email />
                </GatePage>
            }
                .into_any()
        } else {
            view! {
                <GatePage title heading=tr!(home.reset_heading) foot=product>
                    <Press page="/reset" token words=tr!(home.go_on) hint=tr!(home.reset_once) />
                </GatePage>
            }
            .into_any()
        }
    };
    move || {
        if query.read().get("token").is_some() {
            view! { <Linked purpose=Purpose::Reset children=page /> }.into_any()
        } else {
            view! { <Forgotten /> }.into_any()
        }
    }
}

#[component]
fn Forgotten() -> impl IntoView {
    view! {
        <GatePage
            title=tr!(home.forgot_heading)
            heading=tr!(home.forgot_heading)
            lead=|| {
                view! {
                    <p>{tr!(home.forgot_lead)}</p>
                    <p>{tr!(home.forgot_admin)}</p>
                }
            }
            foot=|| view! { <To href="/sign-in">{tr!(home.back_to_sign_in)}</To> }
        />
    }
}

/// The way in to one conversation, for whoever it is with.
#[component]
pub fn ThreadPage() -> impl IntoView {
    let page = move |link: LinkInfo, token: String, _| {
        let heading = tr!(home.thread_heading, workspace = link.workspace).to_string();
        view! {
            <GatePage
                title=tr!(home.thread_page)
                heading
                lead=|| view! { <p>{tr!(home.thread_lead)}</p> }
                foot=product
            >
                <ThreadForm token />
            </GatePage>
        }
        .into_any()
    };
    view! { <Linked purpose=Purpose::Thread children=page /> }
}

/// The demo's one click.
#[component]
pub fn EnterPage() -> impl IntoView {
    let page = move |link: LinkInfo, token: String, _| {
        let lead = tr!(home.enter_lead, workspace = link.workspace.clone()).to_string();
        view! {
            <Title text=tr!(shell.sign_in).to_owned() />
            <GatePage
                title=tr!(home.sign_in_title, workspace = link.workspace).to_string()
                heading=tr!(home.enter_heading, name = link.name).to_string()
                lead=move || view! { <p>{lead.clone()}</p> }
                foot=product
            >
                <EnterForm token />
            </GatePage>
        }
        .into_any()
    };
    view! { <Linked purpose=Purpose::SignIn children=page /> }
}
