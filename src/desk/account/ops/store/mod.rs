//! The SQL of workspaces, people and sessions.

mod agents;
mod links;
mod logins;
mod presence;
mod sessions;
mod workspaces;

use crate::base::db::sql;
pub use agents::{
    NewAgent, active_agent, add_agent, agent, agent_names, agents, drop_invited, in_team, lock,
    lock_with_admins, other_admins, rename, set_availability, set_role, set_state,
};
pub use links::{
    LinkRow, NewLink, add_link, drop_entries, drop_links_of, invitations, link, use_link,
};
pub use logins::{
    Holder, LoginRow, NewLogin, add_device, add_login, count_try, forget_tries, forgive,
    is_known_device, login_by_address, login_of_agent, login_of_customer, set_password, try_back,
    workspaces_with_old_tries,
};
pub use presence::{
    drop_presence, is_online, is_present, left, online, online_faces, online_now, renew, tell_came,
    tell_left, tell_now, unannounced,
};
pub use sessions::{
    NewSession, Owner, Standing, add_session, drop_at, end_of_contact, logins, revoke, revoke_all,
    session, standing, touch,
};
pub use workspaces::{
    NewWorkspace, Saved, add_secret, add_workspace, default_team, default_workspace, front,
    has_admin, name_workspace, save_settings, secret, set_home, settings, settings_in, team_exists,
    time_zone, workspace_by_host, workspace_name,
};

sql! {
    TEAMS_OF = "select team_id from team_member where agent_id = $1 order by team_id";
}

/// Every statement of the slice.
#[cfg(test)]
pub const SQL: &[&[(&str, &str)]] = &[
    agents::ALL,
    links::ALL,
    logins::ALL,
    presence::ALL,
    sessions::ALL,
    workspaces::ALL,
    ALL,
];
