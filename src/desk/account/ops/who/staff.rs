//! Proofs of those who work here: staff of any role, those who may watch everything, and those who configure.

use super::{Facts, Person, cookies::staff_token, known::session_of, request::context};
use crate::base::net::ClientAddress;
use crate::desk::state::Desk;
use crate::model::{
    actor::{Actor, By},
    agent::Role,
    error::{Error, Result},
    event::Listener,
    id::*,
    message::{Author, AuthorKind},
};
use axum::http::request::Parts;
use std::{net::IpAddr, ops::Deref, sync::Arc};

/// A signed-in colleague of any role.
#[derive(Clone)]
pub struct Staff {
    pub(super) desk: Desk,
    pub(super) facts: Arc<Facts>,
    /// The network address that this was asked from.
    pub(super) address: Option<IpAddr>,
}

/// Staff who may watch and join everything: supervisors and admins.
#[derive(Clone)]
pub struct Supervisor(Staff);

/// Staff who configure.
#[derive(Clone)]
pub struct Admin(Staff);

impl Staff {
    pub(super) fn of(desk: &Desk, facts: Arc<Facts>, address: Option<IpAddr>) -> Option<Staff> {
        matches!(facts.person, Person::Agent { .. }).then(|| Staff {
            desk: desk.clone(),
            facts,
            address,
        })
    }

    fn agent(&self) -> (AgentId, &str, &str, Role, &[TeamId]) {
        match &self.facts.person {
            Person::Agent {
                id,
                name,
                display_name,
                role,
                teams,
                ..
            } => (*id, name, display_name, *role, teams),
            Person::Customer { .. } | Person::Visitor { .. } => {
                unreachable!("Staff::of checks")
            }
        }
    }

    /// By which they signed in.
    pub fn login(&self) -> LoginId {
        match &self.facts.person {
            Person::Agent { login, .. } => *login,
            Person::Customer { .. } | Person::Visitor { .. } => {
                unreachable!("Staff::of checks")
            }
        }
    }

    /// For a server function: who sent this request, or who asked for the page that is being rendered.
    pub async fn asking() -> Result<Staff> {
        let (desk, parts) = context()?;
        Staff::at_page(&desk, &parts).await
    }

    /// For a page of ours that Leptos does not draw.
    pub async fn at_page(desk: &Desk, parts: &Parts) -> Result<Staff> {
        let facts = session_of(desk, staff_token(desk, &parts.headers)).await?;
        let address = ClientAddress::of(&parts.extensions).0;
        Staff::of(desk, facts, Some(address)).ok_or(Error::Unauthorized)
    }

    /// For a text that says who wrote it. A page of somebody who signed out meanwhile may not speak as whoever signed
    /// in at the same browser.
    pub fn writing_as(self, writer: Option<AgentId>) -> Result<Staff> {
        match writer {
            Some(writer) if writer != self.id() => Err(Error::Unauthorized),
            _ => Ok(self),
        }
    }

    pub fn id(&self) -> AgentId {
        self.agent().0
    }
    pub fn name(&self) -> &str {
        self.agent().1
    }
    pub fn display_name(&self) -> &str {
        self.agent().2
    }
    pub fn role(&self) -> Role {
        self.agent().3
    }
    pub fn teams(&self) -> &[TeamId] {
        self.agent().4
    }
    pub fn reads_all(&self) -> bool {
        self.role().reads_all()
    }
    pub fn listener(&self) -> Listener {
        Listener::Staff {
            id: self.id(),
            role: self.role(),
            teams: self.teams().to_vec(),
        }
    }
    pub fn author(&self) -> Author {
        Author {
            kind: AuthorKind::Agent,
            id: self.id().0,
            name: self.name().to_owned(),
        }
    }
    pub fn actor(&self) -> Actor {
        Actor::agent(self.id())
    }
    /// The same, with the session and the address, for the audit trail.
    pub fn by(&self) -> By {
        By {
            through: Some(self.session()),
            address: self.address,
            ..self.actor().into()
        }
    }
    pub fn supervisor(self) -> Result<Supervisor> {
        if self.reads_all() {
            Ok(Supervisor(self))
        } else {
            Err(Error::Forbidden)
        }
    }
    pub fn admin(self) -> Result<Admin> {
        if self.role() == Role::Admin {
            Ok(Admin(self))
        } else {
            Err(Error::Forbidden)
        }
    }
}

impl Deref for Supervisor {
    type Target = Staff;
    fn deref(&self) -> &Staff {
        &self.0
    }
}

impl Supervisor {
    pub async fn asking() -> Result<Supervisor> {
        Staff::asking().await?.supervisor()
    }
}

impl Deref for Admin {
    type Target = Staff;
    fn deref(&self) -> &Staff {
        &self.0
    }
}

impl Admin {
    pub async fn asking() -> Result<Admin> {
        Staff::asking().await?.admin()
    }
}
