//! Doors for our own pages. The first group is open to anybody: `front_page … enter_by_link`.

use crate::live::FormPost;
use crate::model::{
    agent::{Agent, Availability, Login, Role},
    error::Error,
    frame::{Colleague, Frame, Framed},
    id::{AgentId, SessionId},
    link::{LinkInfo, PassOn},
    workspace::{Front, Settings, SettingsSheet},
};
use leptos::prelude::*;

// ---- Anybody

/// The help home: the workspace's name, whether anybody is online, the widget to open.
#[server(protocol = FormPost)]
pub async fn front_page() -> Result<Front, Error> {
    let door = super::ops::Caller::here().await?;
    super::ops::front(&door.desk, door.workspace).await
}

/// The same for the page that shows customers the way to the chat; `None` for staff, who have the inbox.
#[server(protocol = FormPost)]
pub async fn guide_page() -> Result<Option<Front>, Error> {
    use super::ops::{Caller, front, who::Staff};
    let door = Caller::here().await?;
    if Staff::asking().await.is_ok() {
        Ok(None)
    } else {
        front(&door.desk, door.workspace).await.map(Some)
    }
}

/// Leads to `to` (an address of ours) or to the inbox.
#[server(protocol = FormPost)]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] to: String,
) -> Result<(), Error> {
    let door = super::ops::Caller::here().await?;
    let signed_in = door.sign_in(&email, &password).await?;
    door.set_session_cookie(&signed_in, super::ops::inner_address(&to, "/desk"))
        .await
}

/// What a link with a token is for; it is not used up by this.
#[server(protocol = FormPost)]
pub async fn look_at_link(token: String) -> Result<LinkInfo, Error> {
    super::ops::link_info(&super::ops::Caller::here().await?.desk, &token).await
}

/// The first run: names the workspace and makes its first admin.
#[server(protocol = FormPost)]
pub async fn set_up(
    token: String,
    workspace: String,
    name: String,
    email: String,
    password: String,
) -> Result<(), Error> {
    let door = super::ops::Caller::here().await?;
    let signed_in = super::ops::set_up(
        &door.desk,
        &token,
        &workspace,
        &name,
        &email,
        &password,
        door.browser(),
    )
    .await?;
    door.set_session_cookie(&signed_in, "/admin").await
}

/// Somebody who was invited says their name and chooses a password.
#[server(protocol = FormPost)]
pub async fn accept(token: String, name: String, password: String) -> Result<(), Error> {
    let door = super::ops::Caller::here().await?;
    let signed_in =
        super::ops::accept(&door.desk, &token, &name, &password, door.browser()).await?;
    door.set_session_cookie(&signed_in, "/desk").await
}

/// A new password, by a reset link.
#[server(protocol = FormPost)]
pub async fn choose_password(token: String, password: String) -> Result<(), Error> {
    let door = super::ops::Caller::here().await?;
    let signed_in =
        super::ops::choose_password(&door.desk, &token, &password, door.browser()).await?;
    door.set_session_cookie(&signed_in, "/desk").await
}

/// The demo's one-click sign-in.
#[server(protocol = FormPost)]
pub async fn enter_by_link(token: String) -> Result<(), Error> {
    let door = super::ops::Caller::here().await?;
    let signed_in =
        super::ops::sign_in_by_link(&door.desk, &token, &door.device, door.address).await?;
    door.set_session_cookie(&signed_in, "/desk").await
}

// ---- Oneself

/// Ends this session and leads to the sign-in page. Whoever is not signed in is led there too.
#[server(protocol = FormPost)]
pub async fn sign_out() -> Result<(), Error> {
    use super::ops::who::Staff;
    let staff = Staff::asking().await?;
    super::ops::sign_out(&staff.clone().into()).await?;
    super::ops::clear_session_cookie(staff.desk(), staff.id());
    Ok(())
}

#[server(protocol = FormPost)]
pub async fn me() -> Result<Agent, Error> {
    use super::ops::who::Staff;
    super::ops::me(&Staff::asking().await?).await
}

/// The frame alone, for pages that bring their own contents.
#[server(protocol = FormPost)]
pub async fn open_frame() -> Result<Frame, Error> {
    use super::ops::who::Staff;
    super::ops::frame(&Staff::asking().await?).await
}

/// The places where I am signed in.
#[server(protocol = FormPost)]
pub async fn open_sessions() -> Result<Framed<Vec<Login>>, Error> {
    use super::ops::{frame, sessions, who::Staff};
    let staff = Staff::asking().await?;
    Ok(Framed {
        frame: frame(&staff).await?,
        page: sessions(&staff.into()).await?,
    })
}

/// Sign out one of my other places.
#[server(protocol = FormPost)]
pub async fn revoke(session: SessionId) -> Result<(), Error> {
    use super::ops::who::Staff;
    super::ops::revoke(&Staff::asking().await?.into(), session).await
}

/// Sign out all my other places.
#[server(protocol = FormPost)]
pub async fn revoke_others() -> Result<(), Error> {
    use super::ops::who::Staff;
    super::ops::revoke_others(&Staff::asking().await?.into()).await
}

#[server(protocol = FormPost)]
pub async fn set_availability(
    availability: Availability,
    #[server(default)] reason: String,
) -> Result<Agent, Error> {
    use super::ops::{Mine, change_me, who::Staff};
    // Why one is away is over when one is back.
    let reason = if availability == Availability::Online {
        String::new()
    } else {
        reason
    };
    let mine = Mine {
        availability: Some(availability),
        reason: Some(reason),
        ..Mine::default()
    };
    change_me(&Staff::asking().await?, mine).await
}

#[server(protocol = FormPost)]
pub async fn set_name(name: String) -> Result<Agent, Error> {
    use super::ops::{Mine, change_me, who::Staff};
    change_me(
        &Staff::asking().await?,
        Mine {
            name: Some(name),
            ..Mine::default()
        },
    )
    .await
}

/// A new password of my own. Everywhere else I am signed out.
#[server(protocol = FormPost)]
pub async fn change_password(current: String, password: String) -> Result<(), Error> {
    use super::ops::{Caller as Asked, change_password, keep_seat, who::Staff};
    let (staff, asked) = (Staff::asking().await?, Asked::here().await?);
    let session = change_password(&staff, &current, &password, &asked.device).await?;
    keep_seat(staff.desk(), &session);
    Ok(())
}

// ---- Admins

/// Everybody who works here, with the invitations that are out.
#[server(protocol = FormPost)]
pub async fn open_agents() -> Result<Framed<Vec<Colleague>>, Error> {
    use super::ops::{colleagues, frame, who::Admin};
    let admin = Admin::asking().await?;
    Ok(Framed {
        frame: frame(&admin).await?,
        page: colleagues(&admin).await?,
    })
}

#[server(protocol = FormPost)]
pub async fn invite(
    email: String,
    #[server(default)] name: String,
    role: Role,
) -> Result<PassOn, Error> {
    use super::ops::{self, who::Admin};
    let admin = Admin::asking().await?;
    let (agent, token) = ops::invite(&admin, &email, &name, role).await?;
    Ok(PassOn {
        agent,
        link: ops::url(
            admin.desk(),
            crate::model::link::Purpose::Invitation,
            &token,
        ),
    })
}

#[server(protocol = FormPost)]
pub async fn uninvite(agent: AgentId) -> Result<(), Error> {
    use super::ops::who::Admin;
    super::ops::uninvite(&Admin::asking().await?, agent).await
}

#[server(protocol = FormPost)]
pub async fn new_invitation(agent: AgentId) -> Result<PassOn, Error> {
    use super::ops::{self, who::Admin};
    let admin = Admin::asking().await?;
    let (agent, token) = ops::new_invitation(&admin, agent).await?;
    Ok(PassOn {
        agent,
        link: ops::url(
            admin.desk(),
            crate::model::link::Purpose::Invitation,
            &token,
        ),
    })
}

#[server(protocol = FormPost)]
pub async fn reset_link(agent: AgentId) -> Result<PassOn, Error> {
    use super::ops::{self, who::Admin};
    let admin = Admin::asking().await?;
    let (agent, token) = ops::reset_link(&admin, agent).await?;
    Ok(PassOn {
        agent,
        link: ops::url(admin.desk(), crate::model::link::Purpose::Reset, &token),
    })
}

#[server(protocol = FormPost)]
pub async fn suspend(agent: AgentId) -> Result<Agent, Error> {
    use super::ops::who::Admin;
    super::ops::suspend(&Admin::asking().await?, agent).await
}

#[server(protocol = FormPost)]
pub async fn restore(agent: AgentId) -> Result<Agent, Error> {
    use super::ops::who::Admin;
    super::ops::restore(&Admin::asking().await?, agent).await
}

#[server(protocol = FormPost)]
pub async fn change_role(agent: AgentId, role: Role) -> Result<Agent, Error> {
    use super::ops::{Caller as Asked, Changes, change, keep_seat, who::Admin};
    let (admin, asked) = (Admin::asking().await?, Asked::here().await?);
    let changes = Changes {
        role: Some(role),
        ..Changes::default()
    };
    let changed = change(&admin, agent, changes, &asked.device).await?;
    if let Some(session) = &changed.session {
        keep_seat(admin.desk(), session);
    }
    Ok(changed.agent)
}

#[server(protocol = FormPost)]
pub async fn open_settings() -> Result<Framed<SettingsSheet>, Error> {
    use super::ops::{frame, settings, who::Admin};
    let admin = Admin::asking().await?;
    Ok(Framed {
        frame: frame(&admin).await?,
        page: SettingsSheet {
            settings: settings(&admin).await?,
            time_zones: crate::base::zones::names(),
        },
    })
}

/// `revision` is the one that was read; `assignment` is `manual` or `least_busy`.
#[server(protocol = FormPost)]
pub async fn save_settings(
    name: String,
    #[server(default)] host: String,
    assignment: String,
    time_zone: String,
    revision: i64,
) -> Result<Settings, Error> {
    use super::ops::{SettingsForm, settings, who::Admin};
    let admin = Admin::asking().await?;
    let wanted = SettingsForm {
        name,
        host,
        auto_assign: assignment == "least_busy",
        time_zone,
        ..settings(&admin).await?.into()
    };
    super::ops::save_settings(&admin, wanted, Some(revision)).await
}
