//! One table of pages: for each its address, what draws it, which module makes it alive, and who may open it. From it
//! come the routes, which links are page loads, what a page's policy allows, and the lists of the tests
//! (`end2end/support/pages.json`).

use super::{
    admin::{
        AdminAgents, AdminAudit, AdminOverview, AdminSettings, AdminWidget, AdminWidgets,
        MySessions,
    },
    doors::SignInPage,
    inbox_page::InboxPage,
    links::{EnterPage, InvitationPage, ResetPage, SetUpPage, ThreadPage},
    module::Module,
    public::{GuidePage, HomePage},
};
use leptos::prelude::*;
use leptos_router::{
    NestedRoute, SsrMode,
    any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute},
    path,
};

/// Who may open a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anybody,
    /// Whoever has a link that works. Without one there is no such page.
    Link,
    /// Whoever works here, as far as what the address names is theirs to see.
    Staff,
    Admin,
}

impl Who {
    pub fn word(self) -> &'static str {
        match self {
            Who::Anybody => "anybody",
            Who::Link => "link",
            Who::Staff => "staff",
            Who::Admin => "admin",
        }
    }
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The address in two parts, as the router has it; a word behind `:` stands for anything.
    at: [&'static str; 2],
    /// What makes it alive; `None`: it is still, and works by links and plain forms alone.
    pub module: Option<Module>,
    pub who: Who,
}

impl Page {
    /// `/desk/c/:id`
    pub fn path(&self) -> String {
        let words: Vec<_> = self.words().collect();
        format!("/{}", words.join("/"))
    }

    fn words(&self) -> impl Iterator<Item = &'static str> {
        let words = self.at.into_iter().flat_map(|part| part.split('/'));
        words.filter(|word| !word.is_empty())
    }

    fn fits(&self, path: &str) -> bool {
        if path == "/" {
            return self.words().next().is_none();
        }
        let mut asked = path.split('/').skip(1);
        let same = |word: &str, asked: &str| match word.starts_with(':') {
            true => !asked.is_empty(),
            false => word == asked,
        };
        let mut words = self.words();
        words.all(|word| asked.next().is_some_and(|asked| same(word, asked)))
            && asked.next().is_none()
    }
}

/// Every line of the table.
pub fn all() -> impl Iterator<Item = &'static Page> {
    PAGES.iter().copied().flatten()
}

impl Module {
    /// What makes the page at `path` alive. `None`: the page is still, or there is none.
    pub fn of(path: &str) -> Option<Module> {
        all().find(|page| page.fits(path))?.module
    }
}

/// Everything a page needs is in its first answer, with the right status, also where no module runs.
const WHOLE: SsrMode = SsrMode::Async;

macro_rules! pages {
    (
        $( pub $routes:ident: $module:tt { $( $path:tt $view:ident $who:tt; )+ } )+
        elsewhere { $( $there:tt $there_module:tt $there_who:ident; )+ }
    ) => {
        $(
            #[component(transparent)]
            pub fn $routes() -> AnyNestedRoute {
                ( $( pages!(@route $path $view $who), )+ ).into_any_nested_route()
            }
        )+

        const PAGES: &[&[Page]] = &[
            $( $( pages!(@lines $module $path $who), )+ )+
            $( pages!(@lines $there_module $there $there_who), )+
        ];
    };

    // One component that draws several addresses, and so stays on the way from one to the other.
    (@route $path:tt $view:ident { $( $inner:tt $who:ident ),+ }) => {
        NestedRoute::new(path!($path), $view)
            .ssr_mode(WHOLE)
            .child(( $( NestedRoute::new(path!($inner), || ()).ssr_mode(WHOLE), )+ ))
    };
    (@route $path:tt $view:ident $who:ident) => {
        NestedRoute::new(path!($path), $view).ssr_mode(WHOLE)
    };

    (@lines $module:tt $path:tt { $( $inner:tt $who:ident ),+ }) => {
        &[ $( Page { at: [$path, $inner], module: pages!(@module $module), who: Who::$who } ),+ ]
    };
    (@lines $module:tt $path:tt $who:ident) => {
        &[Page { at: [$path, ""], module: pages!(@module $module), who: Who::$who }]
    };

    (@module still) => { None };
    (@module $module:ident) => { Some(Module::$module) };
}

pages! {
    pub StillRoutes: still {
        "/"                          HomePage        Anybody;
        "/support/conversations"     GuidePage       Anybody;
        "/support/conversations/:id" GuidePage       Anybody;
        "/sign-in"                   SignInPage      Anybody;
        "/reset"                     ResetPage       Anybody;
        "/setup"                     SetUpPage       Link;
        "/invitation"                InvitationPage  Link;
        "/enter"                     EnterPage       Link;
        "/conversation"              ThreadPage      Link;
    }
    pub AdminRoutes: Admin {
        "/account/sessions"          MySessions      Staff;
        "/admin"                     AdminOverview   Admin;
        "/admin/agents"              AdminAgents     Admin;
        "/admin/widgets"             AdminWidgets    Admin;
        "/admin/widgets/:id"         AdminWidget     Admin;
        "/admin/settings"            AdminSettings   Admin;
        "/admin/audit"               AdminAudit      Admin;
    }
    pub DeskRoutes: Desk {
        "/desk"                      InboxPage       { "" Staff, "c/:id" Staff };
    }
    // Documents of their own, which no router draws.
    elsewhere {
        "/widget/:id"                Chat            Anybody;
        "/api/docs"                  still           Anybody;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_module_of_its_page() {
        for (path, module) in [
            ("/desk", Some(Module::Desk)),
            ("/desk/c/1", Some(Module::Desk)),
            ("/admin", Some(Module::Admin)),
            ("/admin/widgets/1", Some(Module::Admin)),
            ("/account/sessions", Some(Module::Admin)),
            ("/widget/1", Some(Module::Chat)),
        ] {
            assert_eq!(Module::of(path), module, "{path}");
        }
        let still = ["/", "/sign-in", "/support/conversations/1", "/api/docs"];
        let absent = [
            "",
            "/desks",
            "/desk/",
            "/desk/c",
            "/desk/c/",
            "/desk/c/1/",
            "/desk/c/1/2",
            "//desk",
        ];
        for path in still.into_iter().chain(absent) {
            assert_eq!(Module::of(path), None, "{path}");
        }
    }
}
