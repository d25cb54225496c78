//! The SQL of workspaces, people and sessions.

mod agents;
mod links;
mod logins;
mod presence;
mod sessions;
mod workspaces;

use crate::base::db::sql;
pub use agents::*;
pub use links::*;
pub use logins::*;
pub use presence::*;
pub use sessions::*;
pub use workspaces::*;

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
