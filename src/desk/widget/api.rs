//! Doors for our own pages: the admin's screens, and the frame where a visitor begins.

// A plain form's fields are a server function's arguments, however many there are.
#![allow(clippy::too_many_arguments)]

use crate::live::FormPost;
use crate::model::{
    contact::{Begun, Reference},
    error::Error,
    frame::Framed,
    id::WidgetId,
    widget::{Policy, Position, Preset, Widget, WidgetSheet},
};
use leptos::prelude::*;

// ---- Admins

/// Every widget, the home widget first.
#[server(protocol = FormPost)]
pub async fn open_widgets() -> Result<Framed<Vec<Widget>>, Error> {
    use crate::desk::account::ops::{frame, who::Admin};
    let admin = Admin::asking().await?;
    Ok(Framed {
        frame: frame(&admin).await?,
        page: super::ops::widgets(&admin).await?,
    })
}

#[server(protocol = FormPost)]
pub async fn open_widget(id: WidgetId) -> Result<Framed<WidgetSheet>, Error> {
    use crate::desk::account::ops::{frame, who::Admin};
    let admin = Admin::asking().await?;
    Ok(Framed {
        frame: frame(&admin).await?,
        page: super::ops::form::sheet(&admin, id).await?,
    })
}

/// A new widget, then on to its page. Domains are one a line.
#[server(protocol = FormPost)]
pub async fn create_widget(name: String, #[server(default)] domains: String) -> Result<(), Error> {
    use crate::desk::account::ops::who::Admin;
    let made = super::ops::form::fresh(&Admin::asking().await?, name, &domains).await?;
    leptos_axum::redirect(&format!("/admin/widgets/{}", made.id));
    Ok(())
}

/// The settings as a form posts them: a box that is not ticked is absent, domains are one a line, the delay is
/// in seconds or empty. Saved only if the widget is still at `revision`.
#[server(protocol = FormPost)]
#[allow(clippy::too_many_arguments)]
pub async fn save_widget(
    id: WidgetId,
    revision: i64,
    name: String,
    #[server(default)] enabled: Option<String>,
    #[server(default)] domains: String,
    policy: Policy,
    #[server(default)] welcome_message: String,
    #[server(default)] offline_message: String,
    preset: Preset,
    #[server(default)] primary_color: String,
    #[server(default)] secondary_color: String,
    position: Position,
    #[server(default)] show_agent_avatars: Option<String>,
    #[server(default)] auto_open_delay: String,
) -> Result<Widget, Error> {
    use super::ops::form::{Posted, save};
    use crate::desk::account::ops::who::Admin;
    let looks = (preset, primary_color, secondary_color, position);
    let words = (welcome_message, offline_message);
    save(
        &Admin::asking().await?,
        id,
        revision,
        Posted {
            name,
            enabled,
            domains,
            policy,
            words,
            looks,
            show_agent_avatars,
            auto_open_delay,
        },
    )
    .await
}

/// Delete a widget that nobody ever wrote to. `name` is its name, typed once more.
#[server(protocol = FormPost)]
pub async fn delete_widget(id: WidgetId, name: String) -> Result<(), Error> {
    use crate::desk::account::ops::who::Admin;
    super::ops::form::delete(&Admin::asking().await?, id, &name).await?;
    leptos_axum::redirect("/admin/widgets");
    Ok(())
}

/// The key for `identify`.
#[server(protocol = FormPost)]
pub async fn widget_secret(id: WidgetId) -> Result<String, Error> {
    use crate::desk::account::ops::who::Admin;
    super::ops::secret(&Admin::asking().await?, id).await
}

/// Vouch for the customers of `source` from now on: the widget's own, or another one's.
#[server(protocol = FormPost)]
pub async fn share_customers(id: WidgetId, source: WidgetId) -> Result<Widget, Error> {
    use crate::desk::account::ops::who::Admin;
    super::ops::share_customers(&Admin::asking().await?, id, source).await
}

/// A new key; what was signed with the old one is refused from now on.
#[server(protocol = FormPost)]
pub async fn renew_secret(id: WidgetId) -> Result<String, Error> {
    use crate::desk::account::ops::who::Admin;
    super::ops::renew_secret(&Admin::asking().await?, id).await
}

// ---- The visitor, in the frame

/// Begin: a contact and a session, kept in this widget's cookie. With `keep` the token is answered as well.
#[server(protocol = FormPost)]
#[allow(clippy::too_many_arguments)]
pub async fn begin(
    widget: WidgetId,
    #[server(default)] name: Option<String>,
    #[server(default)] email: Option<String>,
    #[server(default)] page_url: Option<String>,
    #[server(default)] reference: Option<Reference>,
    #[server(default)] user_id: Option<String>,
    #[server(default)] user_hash: Option<String>,
    #[server(default)] keep: bool,
) -> Result<Begun, Error> {
    use super::ops::{door, visit::BeginForm};
    let form = BeginForm {
        name,
        email,
        page_url: door::page(page_url),
        reference: door::reference(reference),
        user_id,
        user_hash,
    };
    door::begin(widget, form, keep).await
}

/// I am on this page, looking at this.
#[server(protocol = FormPost)]
pub async fn page(
    widget: WidgetId,
    #[server(default)] page_url: Option<String>,
    #[server(default)] reference: Option<Reference>,
) -> Result<(), Error> {
    use super::ops::door;
    use crate::desk::{account::ops::who::Visitor, contact::ops::seen};
    seen(
        &Visitor::asking(widget).await?,
        door::page(page_url),
        door::reference(reference),
    )
    .await
    .map(|_| ())
}

/// The host page says who I am. Where it proves that, the session is a new one and the one before has ended. Another
/// id in the answer: show that person's chat.
#[server(protocol = FormPost)]
pub async fn identify(
    widget: WidgetId,
    user_id: String,
    #[server(default)] user_hash: Option<String>,
    #[server(default)] name: Option<String>,
    #[server(default)] email: Option<String>,
) -> Result<Begun, Error> {
    use super::ops::{door, visit::Identity};
    let said = Identity {
        user_id,
        user_hash,
        name,
        email,
    };
    door::identify(widget, said).await
}

/// The host page signs its customer out: the session ends, and nobody is here any more.
#[server(protocol = FormPost)]
pub async fn leave(widget: WidgetId) -> Result<(), Error> {
    use crate::desk::account::ops::{sign_out, who::Visitor};
    sign_out(&Visitor::asking(widget).await?.into()).await
}
