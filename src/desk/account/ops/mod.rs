//! What really happens with workspaces, people and sessions.

pub mod customer;
mod link;
mod look;
mod people;
mod presence;
pub mod rules;
mod session;
mod store;
#[cfg(test)]
pub use store::SQL;
#[cfg(test)]
mod tests;
pub mod visit;
pub mod who;
mod workspace;

pub use {
    link::{
        accept, add_thread, choose_password, link_info, new_invitation, reset_link, set_up,
        setup_link, sign_in_by_link, sign_in_link, url, use_thread,
    },
    people::{
        Changed, Changes, Mine, add_admin, agents, agents_in, change, change_me, colleagues, frame,
        invite, me, restore, suspend, uninvite,
    },
    presence::{came, faces, keep_presence, online, online_in, renew, sweep},
    session::{
        Browser, Caller, SignedIn, change_password, clear_session_cookie, device_label,
        inner_address, keep_seat, revoke, revoke_others, sessions, sign_in, sign_out,
    },
    store::{
        NewSession, Owner, active_agent, add_session, agent_names, default_team, in_team,
        is_online, login_of_agent, login_of_customer, set_home, team_exists, workspace_name,
    },
    workspace::{
        SettingsForm, create_workspace, cursor_secret, front, save_settings, settings, today,
        workspace_for, workspace_of,
    },
};
