//! The people of the demo, who join as anybody does.

use crate::base::secrets;
use crate::desk::{
    account::ops::{
        self as account,
        who::{Machine, Staff},
    },
    state::Desk,
};
use crate::model::{
    agent::Role,
    error::{Error, Result},
    id::*,
};
use axum::{
    extract::FromRequestParts,
    http::{Request, header},
};
use std::collections::HashMap;

/// First name as the threads write it, name, role.
pub(super) const STAFF: [(&str, &str, Role); 5] = [
    ("Alex", "Alex Morgan", Role::Admin),
    ("Noor", "Noor Haddad", Role::Supervisor),
    ("Sam", "Sam Ortiz", Role::Agent),
    ("Priya", "Priya Raman", Role::Agent),
    ("Kim", "Kim Larsen", Role::Agent),
];

/// Somebody of the demo's staff, signed in.
pub(super) struct Colleague {
    pub(super) id: AgentId,
    pub(super) proof: Staff,
}

/// Everybody joins as people do: the admin by the command line's verb, the others by invitation. Nobody knows
/// their passwords.
pub(super) async fn hire(
    desk: &Desk,
    machine: &Machine,
) -> Result<HashMap<&'static str, Colleague>> {
    let mut staff = HashMap::new();
    for (short, name, role) in STAFF {
        let email = format!("{}@lumen-oak.example", short.to_lowercase());
        let token = match staff.get("Alex").map(|c: &Colleague| c.proof.clone()) {
            None => {
                let admin =
                    account::add_admin(desk, machine.workspace(), &email, name, &secrets::token())
                        .await?;
                let link = account::sign_in_link(machine, admin.id).await?;
                account::sign_in_by_link(desk, &link, "The demo", None)
                    .await?
                    .token
            }
            Some(alex) => {
                let (_, link) = account::invite(&alex.admin()?, &email, name, role).await?;
                account::accept(desk, &link, name, &secrets::token(), "The demo")
                    .await?
                    .token
            }
        };
        let proof = proof(desk, &token).await?;
        staff.insert(
            short,
            Colleague {
                id: proof.id(),
                proof,
            },
        );
    }
    Ok(staff)
}

/// The proof that a token stands for, as at any door.
async fn proof(desk: &Desk, token: &str) -> Result<Staff> {
    let request = Request::builder()
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(());
    let mut parts = request.map_err(|_| Error::Unavailable)?.into_parts().0;
    Staff::from_request_parts(&mut parts, desk)
        .await
        .map_err(|problem| problem.0)
}
