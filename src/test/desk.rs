//! A desk of a story.

use super::*;
use crate::base::{
    config::Config,
    db::{DatabaseUrl, Db, args},
    jobs, secrets,
};
use crate::desk::{
    account::ops::{self as account, NewSession, Owner, who::Machine},
    state::Desk,
    widget::ops as widget,
};
use crate::model::{
    id::*,
    time::{Time, now},
};
use axum::Router;
use serde_json::json;
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub struct TestDesk {
    pub node: Desk,
    pub engine: Engine,
    pub workspace: WorkspaceId,
    pub widget: WidgetId,
    pub(super) folder: PathBuf,
    place: DatabaseUrl,
    pub(super) database: Option<String>,
    config: Config,
    doors: Doors,
}

pub(super) static COUNT: AtomicU32 = AtomicU32::new(0);

impl TestDesk {
    pub async fn open(engine: Engine) -> TestDesk {
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!(
            "deskbell_{}_{n}_{}",
            std::process::id(),
            &crate::base::secrets::token()[..8]
        );
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        let (place, database) = match engine {
            Engine::Sqlite => (DatabaseUrl::File(folder.join("deskbell.db")), None),
            Engine::Postgres => {
                let mut server = connect("postgres").await;
                let template = template(&mut server).await;
                execute(
                    &mut server,
                    &format!("create database {name} template {template}"),
                )
                .await;
                (DatabaseUrl::Postgres(postgres_of(&name)), Some(name))
            }
        };
        let config = Config {
            data: folder.clone(),
            place: place.clone(),
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            public_url: "http://localhost:3000".parse().unwrap(),
            demo: false,
            trusted_proxies: vec![],
            rate_limits: false,
            json_logs: false,
            pseudo_locale: false,
        };
        let db = Db::open(&place, None).await.unwrap();
        let node = Desk::new(config.clone(), db, CancellationToken::new());
        let workspace = account::create_workspace(&node, "Lumen & Oak", None, true)
            .await
            .unwrap();
        let widget = widget::make_home(&Machine::running(&node, workspace))
            .await
            .unwrap();
        TestDesk {
            node,
            engine,
            workspace,
            widget,
            folder,
            place,
            database,
            config,
            doors: Doors::default(),
        }
    }

    /// The same database as another process would open it: a second node.
    pub async fn second_node(&self) -> Desk {
        Desk::new(
            self.config.clone(),
            Db::open(&self.place, None).await.unwrap(),
            CancellationToken::new(),
        )
    }

    /// Closed as a process closes: nothing of it is open any more. What another process needs to go on with it.
    pub async fn closed(self) -> Config {
        self.node.stop().cancel();
        self.node.db().close().await;
        drop((self.node, self.doors));
        if let DatabaseUrl::File(file) = &self.place {
            let wal = file.with_extension("db-wal");
            soon("the last connection closes the file", async || {
                !wal.exists()
            })
            .await;
        }
        self.config
    }

    /// The same, with rate limits on.
    pub async fn limited(&self) -> Desk {
        let config = Config {
            rate_limits: true,
            ..self.config.clone()
        };
        Desk::new(
            config,
            Db::open(&self.place, None).await.unwrap(),
            CancellationToken::new(),
        )
    }

    /// A whole second workspace on the same node: its id and home widget.
    pub async fn second_workspace(&self) -> (WorkspaceId, WidgetId) {
        let ws =
            account::create_workspace(&self.node, "Another shop", Some("other.example"), false)
                .await
                .unwrap();
        (
            ws,
            widget::make_home(&Machine::running(&self.node, ws))
                .await
                .unwrap(),
        )
    }

    pub fn machine(&self) -> Machine {
        Machine::running(&self.node, self.workspace)
    }

    /// What is due now is done.
    pub async fn does_jobs(&self) {
        let workers = crate::serve::work::workers(&self.node);
        let done = jobs::do_due(self.node.db(), &workers, self.node.stop()).await;
        done.unwrap();
    }

    pub fn nobody(&self) -> Person {
        self.person("", Uuid::nil())
    }

    fn person(&self, token: &str, id: Uuid) -> Person {
        Person {
            doors: self.doors.clone(),
            ..Person::new(&self.node, token, id)
        }
    }

    pub async fn visitor(&self, name: &str) -> Person {
        self.visitor_at(self.widget, name).await
    }

    pub async fn visitor_at(&self, widget: WidgetId, name: &str) -> Person {
        let said = json!({"name": name, "email": format!("{}@mail.example", name.to_lowercase())});
        let begun = self
            .nobody()
            .post(&format!("/widgets/{widget}/visitors"), said)
            .await
            .created();
        let id = begun["contact"]["id"].as_str().unwrap().parse().unwrap();
        self.person(begun["token"].as_str().unwrap(), id)
    }

    pub async fn admin(&self) -> Person {
        self.admin_of(self.workspace, "Alex").await
    }

    pub async fn admin_of(&self, workspace: WorkspaceId, name: &str) -> Person {
        let email = format!("{}@{workspace}.example", name.to_lowercase());
        // Whoever is one already stays signed in elsewhere.
        let id = match self.active_admin(workspace, &email).await {
            Some(id) => id,
            None => {
                let name = format!("{name} Morgan");
                let added = account::add_admin(&self.node, workspace, &email, &name, PASSWORD);
                added.await.unwrap().id
            }
        };
        self.signed_in(workspace, id).await
    }

    async fn active_admin(&self, workspace: WorkspaceId, email: &str) -> Option<AgentId> {
        let mut tx = self.node.db().begin(workspace).await.unwrap();
        let sql = "select a.id from agent a join login l on l.agent_id = a.id where a.workspace_id = $1 and l.email_key = $2 and a.role = 'admin' and a.state = 'active'";
        let row: Option<(Uuid,)> = tx.opt(sql, args![workspace, email]).await.unwrap();
        row.map(|(id,)| id.into())
    }

    /// An agent with a whole name (`Sam` is `Sam Ortiz`), set to online.
    pub async fn agent(&self, name: &str) -> Person {
        self.staff(name, "agent").await
    }

    pub async fn supervisor(&self, name: &str) -> Person {
        self.staff(name, "supervisor").await
    }

    pub async fn staff(&self, name: &str, role: &str) -> Person {
        let admin = self.admin().await;
        let email = format!("{}@desk.example", name.to_lowercase());
        let invited = admin
            .post(
                "/agents",
                json!({"email": email, "name": format!("{name} Ortiz"), "role": role}),
            )
            .await
            .created();
        let token = invited["link"]
            .as_str()
            .unwrap()
            .split("token=")
            .nth(1)
            .unwrap()
            .to_owned();
        account::accept(
            &self.node,
            &token,
            &format!("{name} Ortiz"),
            PASSWORD,
            "test",
        )
        .await
        .unwrap();
        let id: Uuid = invited["id"]
            .as_str()
            .or(invited["agent"]["id"].as_str())
            .unwrap()
            .parse()
            .unwrap();
        self.signed_in(self.workspace, id.into()).await
    }

    async fn signed_in(&self, workspace: WorkspaceId, id: AgentId) -> Person {
        let tomorrow = now().plus(chrono::Duration::days(1));
        let owner = self.login(workspace, id).await;
        let token = self.seat(workspace, owner, tomorrow).await;
        self.person(&token, id.0)
    }

    /// What an agent's sessions belong to.
    pub async fn login(&self, workspace: WorkspaceId, id: AgentId) -> Owner {
        let mut snapshot = self.node.db().snapshot().await.unwrap();
        let login = account::login_of_agent(&mut snapshot, workspace, id).await;
        Owner::Login(login.unwrap())
    }

    /// The same of a customer's.
    pub async fn account_of(&self, workspace: WorkspaceId, id: ContactId) -> Owner {
        let mut snapshot = self.node.db().snapshot().await.unwrap();
        let login = account::login_of_customer(&mut snapshot, workspace, id).await;
        Owner::Login(login.unwrap().expect("they have an account"))
    }

    /// Somebody outside who has an account and is signed in.
    pub async fn customer(&self, name: &str) -> Person {
        let email = format!("{}@customer.example", name.to_lowercase());
        let visitor = self.visitor(name).await;
        let machine = self.machine();
        account::customer::open_account(&machine, visitor.id.into(), &email, PASSWORD)
            .await
            .unwrap();
        let sign_in = account::customer::sign_in;
        let signed_in = sign_in(
            &self.node,
            self.workspace,
            &email,
            PASSWORD,
            None,
            "test",
            None,
        );
        self.person(&signed_in.await.unwrap().token, visitor.id)
    }

    /// A session that nobody had to sign in for, since to prove a password is slow; returns its token.
    pub async fn seat(&self, workspace: WorkspaceId, owner: Owner, until: Time) -> String {
        let token = secrets::token();
        let mut tx = self.node.db().begin(workspace).await.unwrap();
        let new = NewSession {
            id: SessionId(Uuid::now_v7()),
            workspace,
            owner,
            token_hash: secrets::hash(&token),
            device: "test",
            at: now(),
            idle_until: until,
            expires_at: until,
        };
        account::add_session(&mut tx, new).await.unwrap();
        tx.commit().await.unwrap();
        token
    }
}

/// The doors of one node, made once: to make them costs more than most of what is asked.
pub type Doors = Arc<OnceLock<Router>>;

/// Everything that the process answers, without its socket.
pub fn doors(desk: &Desk) -> Router {
    crate::serve::router(state(desk))
}

pub(super) fn state(desk: &Desk) -> crate::serve::AppState {
    let options = leptos::config::LeptosOptions::builder()
        .output_name("deskbell")
        .build();
    crate::serve::AppState {
        desk: desk.clone(),
        options: std::sync::Arc::new(options),
    }
}
