//! `/desk` and `/desk/c/{id}`: one page for both, so that going from one conversation to the next keeps the list,
//! the stream and everything that was typed. `?view=` says which list.

use super::{
    answer,
    page::Page,
    shell::{self, Shell},
};
use crate::{
    desk::conversation::{
        api::open_inbox,
        view::inbox::{self, InboxMain, address::Wanted, keys::Sheet, views::Views},
    },
    kit::awaited,
    model::{
        conversation::{Shelf, View},
        frame::Frame,
    },
};
use leptos::prelude::*;
use leptos_router::{
    components::Outlet,
    hooks::{use_location, use_query_map},
};

/// What the address says; `None` on its way to another page.
fn read(path: &str, view: Option<String>, sort: Option<String>) -> Option<Wanted> {
    let rest = path.strip_prefix("/desk")?.trim_matches('/');
    let open = match rest.strip_prefix("c/") {
        Some(id) => Some(id.parse().unwrap_or_else(|_| uuid::Uuid::nil().into())),
        None if rest.is_empty() => None,
        None => return None,
    };
    let view = view.and_then(|v| v.parse().ok()).unwrap_or(View::Mine);
    let order = sort.and_then(|s| s.parse().ok());
    Some(Wanted {
        shelf: Shelf::new(view, order),
        open,
    })
}

#[component]
pub fn InboxPage() -> impl IntoView {
    let (location, query) = (use_location(), use_query_map());
    let wanted = Memo::new(move |before: Option<&Wanted>| {
        let query = query.read();
        let now = read(
            &location.pathname.read(),
            query.get("view"),
            query.get("sort"),
        );
        now.or(before.copied()).unwrap_or(Wanted::view(View::Mine))
    });
    // Asked once; from then on the inbox follows the address by itself.
    let first = awaited(
        || (),
        move |()| {
            let Wanted { shelf, open } = wanted.get_untracked();
            open_inbox(shelf.view, Some(shelf.order), None, open)
        },
    );
    view! {
        <Page resource=first let:inbox>
            {
                if inbox.missing {
                    answer::status(404);
                }
                let frame = Frame { me: inbox.me.clone(), workspace: inbox.workspace.clone() };
                shell::enter(&frame);
                let screen = inbox::open(inbox, wanted);
                let sheet = RwSignal::new(false);
                provide_context(Sheet(sheet));
                let nav = move || {
                    view! {
                        <Views
                            view=Signal::derive(move || wanted.get().shelf.view)
                            counts=screen.counts
                            unread=Signal::derive(move || screen.unread())
                        />
                    }
                };
                view! {
                    <Shell
                        frame
                        nav=nav
                        keys=Callback::new(move |()| sheet.set(true))
                        cut=Signal::derive(move || screen.cut.read().is_some())
                    >
                        <InboxMain screen />
                    </Shell>
                }
            }
        </Page>
        // Empty; without it the router would wait for ever for the inner route to be drawn.
        <Outlet />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_shown() {
        let id = "018f7a3a-0000-7000-8000-000000000001";
        let wanted = read(&format!("/desk/c/{id}"), Some("all".into()), None).unwrap();
        assert_eq!(wanted.open.unwrap().to_string(), id);
        assert_eq!(wanted.address(), format!("/desk/c/{id}?view=all"));
        assert_eq!(read("/desk", None, None).unwrap().address(), "/desk");
        assert_eq!(
            read("/desk/", Some("nonsense".into()), None)
                .unwrap()
                .shelf
                .view,
            View::Mine
        );
        assert!(
            read("/desk/c/x", None, None).unwrap().open.is_some(),
            "which is not there"
        );
        let waiting =
            |sort: &str| read("/desk", Some("waiting".into()), Some(sort.into())).unwrap();
        assert_eq!(
            waiting("newest").address(),
            "/desk?view=waiting&sort=newest"
        );
        assert_eq!(waiting("longest").address(), "/desk?view=waiting");
        let mine = read("/desk", None, Some("longest".into())).unwrap();
        assert_eq!(mine.address(), "/desk?sort=longest");
        assert!(read("/admin", None, None).is_none() && read("/desk/x", None, None).is_none());
    }
}
