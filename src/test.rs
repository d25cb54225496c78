//! TestDesk: a desk in a temporary folder or a fresh PostgreSQL database, with people who act through the doors
//! that programs use. A story is told once and runs on both databases: see [`stories!`](crate::stories).

use crate::base::{
    config::Config,
    db::{DatabaseUrl, Db, POSTGRES, args},
    jobs, secrets,
};
use crate::desk::{
    account::ops::{
        self as account, NewSession, Owner,
        who::{Asker, Machine},
    },
    state::Desk,
    widget::ops as widget,
};
use crate::model::{
    id::*,
    time::{Time, now},
};
use axum::{
    Router,
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{Connection, Executor, PgConnection};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

pub const PASSWORD: &str = "correct horse battery";

/// Where `DESKBELL_TEST_POSTGRES` points: a server on which databases may be made. `bin/test` starts one.
fn postgres() -> String {
    std::env::var("DESKBELL_TEST_POSTGRES").expect("DESKBELL_TEST_POSTGRES is not set: stories run on both databases; bin/test starts a server")
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// `stories! { a_visitor_never_sees_a_note, … }`: each is an `async fn(TestDesk)` beside it, and one test on each
/// database. A story that is not listed is dead code, so the compiler tells.
#[macro_export]
macro_rules! stories {
    ($($name:ident,)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_sqlite() {
                $crate::test::run_story($crate::test::Engine::Sqlite, super::$name).await
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_postgres() {
                $crate::test::run_story($crate::test::Engine::Postgres, super::$name).await
            }
        }
    )*};
}

/// Open a desk, tell the story, clean up.
pub async fn run_story<F: Future<Output = ()>>(engine: Engine, tell: impl FnOnce(TestDesk) -> F) {
    let desk = TestDesk::open(engine).await;
    let (stop, folder, database) = (
        desk.node.stop().clone(),
        desk.folder.clone(),
        desk.database.clone(),
    );
    let ended = tokio::time::timeout(patience(), tell(desk)).await;
    ended.expect("a story has an end");
    stop.cancel();
    let _ = std::fs::remove_dir_all(folder);
    if let Some(name) = database {
        drop_database(&name).await;
    }
}

/// How long a story may take: one that waits for ever is to fail, and not what runs it.
fn patience() -> Duration {
    Duration::from_secs(crate::proof::form::either(10 * 60, 3 * 60 * 60))
}

async fn drop_database(name: &str) {
    let mut server = connect("postgres").await;
    execute(
        &mut server,
        &format!("drop database if exists {name} with (force)"),
    )
    .await;
}

/// The address of a database of the test server.
fn postgres_of(database: &str) -> String {
    let server = postgres();
    let (server, _) = server.rsplit_once('/').unwrap();
    format!("{server}/{database}")
}

async fn connect(database: &str) -> PgConnection {
    let connected = PgConnection::connect(&postgres_of(database)).await;
    connected.expect("the test server answers")
}

async fn execute(server: &mut PgConnection, sql: &str) {
    server.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
}

/// The name of an empty database with every migration behind it: to copy it costs a tenth of migrating. It is named by
/// what it was made from, and stays for the next run.
async fn template(server: &mut PgConnection) -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let made = TEMPLATE.get_or_init(async || {
        let sums = POSTGRES
            .iter()
            .map(|m| m.checksum.as_ref())
            .collect::<Vec<_>>();
        let name = format!(
            "deskbell_template_{}",
            &hex::encode(Sha256::digest(sums.concat()))[..16]
        );
        // Two processes may want it at once.
        execute(server, "select pg_advisory_lock(58712)").await;
        let sql = "select count(*) from pg_database where datname = $1";
        let there: i64 = sqlx::query_scalar(sql)
            .bind(&name)
            .fetch_one(&mut *server)
            .await
            .unwrap();
        if there == 0 {
            let draft = format!("{name}_draft");
            execute(
                server,
                &format!("drop database if exists {draft} with (force)"),
            )
            .await;
            execute(server, &format!("create database {draft}")).await;
            let mut inside = connect(&draft).await;
            POSTGRES.run_direct(None, &mut inside, false).await.unwrap();
            inside.close().await.unwrap();
            execute(server, &format!("alter database {draft} rename to {name}")).await;
        }
        execute(server, "select pg_advisory_unlock(58712)").await;
        name
    });
    made.await
}

pub struct TestDesk {
    pub node: Desk,
    pub engine: Engine,
    pub workspace: WorkspaceId,
    pub widget: WidgetId,
    folder: PathBuf,
    place: DatabaseUrl,
    database: Option<String>,
    config: Config,
    doors: Doors,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

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

/// Somebody who acts through the REST doors.
#[derive(Clone)]
pub struct Person {
    pub desk: Desk,
    pub token: String,
    pub id: Uuid,
    pub doors: Doors,
}

/// The doors of one node, made once: to make them costs more than most of what is asked.
pub type Doors = Arc<OnceLock<Router>>;

/// What a door answered.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self.json()
    }
    #[track_caller]
    pub fn created(self) -> Value {
        assert_eq!(self.status, StatusCode::CREATED, "{}", self.text);
        self.json()
    }
    /// The problem's code, with the status that belongs to it.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        let document = self.json();
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{}",
            self.text
        );
        assert_eq!(
            document["status"].as_u64(),
            Some(self.status.as_u16().into())
        );
        (
            self.status.as_u16(),
            document["code"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

/// Everything that the process answers, without its socket.
pub fn doors(desk: &Desk) -> Router {
    crate::serve::router(state(desk))
}

fn state(desk: &Desk) -> crate::serve::AppState {
    let options = leptos::config::LeptosOptions::builder()
        .output_name("deskbell")
        .build();
    crate::serve::AppState {
        desk: desk.clone(),
        options: std::sync::Arc::new(options),
    }
}

impl Person {
    pub fn new(desk: &Desk, token: impl Into<String>, id: Uuid) -> Person {
        Person {
            desk: desk.clone(),
            token: token.into(),
            id,
            doors: Arc::default(),
        }
    }

    /// The same person at another node.
    pub fn at(&self, desk: &Desk) -> Person {
        Person::new(desk, self.token.clone(), self.id)
    }

    pub fn doors(&self) -> Router {
        self.doors.get_or_init(|| doors(&self.desk)).clone()
    }

    /// The proofs behind the token, for what only pages ask.
    pub async fn staff(&self) -> crate::desk::account::ops::who::Staff {
        self.asker().await.staff().unwrap()
    }
    pub async fn visitor_proof(&self) -> crate::desk::account::ops::who::Visitor {
        self.asker().await.visitor().unwrap()
    }
    async fn asker(&self) -> Asker {
        let (mut parts, ()) = self
            .request(Method::GET, "/")
            .body(())
            .unwrap()
            .into_parts();
        Asker::from_request_parts(&mut parts, &state(&self.desk))
            .await
            .unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let path = if path.starts_with("/_") || path.starts_with("//") {
            path.trim_start_matches('/').to_owned()
        } else {
            format!("api/v1{path}")
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/{path}"))
            .header("host", "localhost:3000");
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        request
    }

    pub async fn ask(&self, request: Request<Body>) -> Reply {
        let response = self.doors().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Reply {
            status,
            headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.ask(self.request(Method::GET, path).body(Body::empty()).unwrap())
            .await
    }
    /// The same, asking for JSON where a door can also stream.
    pub async fn get_json(&self, path: &str) -> Reply {
        self.ask(
            self.request(Method::GET, path)
                .header("accept", "application/json")
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.with(Method::POST, path, body).await
    }
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.with(Method::PATCH, path, body).await
    }
    pub async fn delete(&self, path: &str) -> Reply {
        self.ask(
            self.request(Method::DELETE, path)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }
    pub async fn with(&self, method: Method, path: &str, body: Value) -> Reply {
        let request = self
            .request(method, path)
            .header("content-type", "application/json");
        self.ask(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// A visitor writes at their widget; returns the conversation's id.
    pub async fn writes(&self, body: &str) -> Uuid {
        let begun = self
            .post(
                "/conversations",
                json!({"client_id": Uuid::new_v4(), "body": body}),
            )
            .await
            .created();
        begun["conversation"]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Anybody writes into a conversation; returns the message.
    pub async fn says(&self, conversation: Uuid, body: &str) -> Value {
        self.post(
            &format!("/conversations/{conversation}/messages"),
            json!({"client_id": Uuid::new_v4(), "body": body}),
        )
        .await
        .created()
    }
    pub async fn notes(&self, conversation: Uuid, body: &str) -> Value {
        let said = json!({"client_id": Uuid::new_v4(), "body": body, "kind": "note"});
        self.post(&format!("/conversations/{conversation}/messages"), said)
            .await
            .created()
    }
    pub async fn assigns(&self, conversation: Uuid, agent: Option<Uuid>) -> Reply {
        self.post(
            &format!("/conversations/{conversation}/assign"),
            json!({"agent_id": agent}),
        )
        .await
    }
    pub async fn takes(&self, conversation: Uuid) -> Value {
        self.assigns(conversation, Some(self.id)).await.ok()
    }
    pub async fn closes(&self, conversation: Uuid) -> Reply {
        self.ask(
            self.request(
                Method::POST,
                &format!("/conversations/{conversation}/close"),
            )
            .body(Body::empty())
            .unwrap(),
        )
        .await
    }
    pub async fn conversation(&self, conversation: Uuid) -> Reply {
        self.get(&format!("/conversations/{conversation}")).await
    }
    /// The bodies of a thread as this person sees them, oldest first.
    pub async fn thread(&self, conversation: Uuid) -> Vec<String> {
        let page = self
            .get(&format!("/conversations/{conversation}/messages?limit=100"))
            .await
            .ok();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["body"].as_str().unwrap().to_owned())
            .collect()
    }
    /// The cursor of this moment.
    pub async fn cursor(&self) -> String {
        self.poll(None).await["cursor"].as_str().unwrap().to_owned()
    }
    /// What is told after a cursor, at once.
    pub async fn poll(&self, after: Option<&str>) -> Value {
        let path = after.map_or("/events".to_owned(), |c| format!("/events?after={c}"));
        self.ask(
            self.request(Method::GET, &path)
                .header("accept", "application/json")
                .body(Body::empty())
                .unwrap(),
        )
        .await
        .ok()
    }
    pub async fn stream(&self, after: Option<&str>) -> Ears {
        let path = after.map_or("/events".to_owned(), |c| format!("/events?after={c}"));
        let request = self
            .request(Method::GET, &path)
            .header("accept", "text/event-stream")
            .body(Body::empty())
            .unwrap();
        Ears::of(self.doors().oneshot(request).await.unwrap())
    }
}

/// One event off a stream.
#[derive(Debug, Clone)]
pub struct Heard {
    pub id: Option<String>,
    pub name: String,
    pub data: Value,
}

/// An open stream.
pub struct Ears {
    body: Body,
    buffer: String,
    /// Every byte that arrived.
    pub heard: String,
}

impl Ears {
    pub fn of(response: axum::response::Response) -> Ears {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ears {
            body: response.into_body(),
            buffer: String::new(),
            heard: String::new(),
        }
    }

    /// The next event but pings, or `None` when the stream ends; panics after a minute of silence.
    pub async fn next(&mut self) -> Option<Heard> {
        self.within(Duration::from_secs(60))
            .await
            .expect("an event within a minute")
    }

    /// Whatever is told meanwhile, it ends.
    pub async fn ends(&mut self) {
        while self.next().await.is_some() {}
    }

    /// Whatever is told meanwhile, it has not ended after this long.
    pub async fn goes_on(&mut self, span: Duration) -> bool {
        let until = tokio::time::Instant::now() + span;
        loop {
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            match self.within(left).await {
                Ok(Some(_)) => {}
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
    }

    /// Nothing but pings for this long.
    pub async fn silent(&mut self, span: Duration) -> bool {
        self.within(span).await.is_err()
    }

    /// The next event of this name; what comes before is skipped.
    pub async fn until(&mut self, name: &str) -> Heard {
        loop {
            let heard = self.next().await.expect("the stream goes on");
            if heard.name == name {
                return heard;
            }
        }
    }

    pub async fn within(
        &mut self,
        span: Duration,
    ) -> Result<Option<Heard>, tokio::time::error::Elapsed> {
        let wait = async {
            loop {
                while let Some((block, rest)) = self
                    .buffer
                    .split_once("\n\n")
                    .map(|(a, b)| (a.to_owned(), b.to_owned()))
                {
                    self.buffer = rest;
                    let field = |name: &str| {
                        block
                            .lines()
                            .find_map(|l| l.strip_prefix(name))
                            .map(|v| v.trim_start().to_owned())
                    };
                    if let Some(name) = field("event:")
                        && name != "ping"
                    {
                        let data =
                            serde_json::from_str(&field("data:").unwrap_or_default()).unwrap();
                        return Some(Heard {
                            id: field("id:"),
                            name,
                            data,
                        });
                    }
                }
                match self.body.frame().await {
                    Some(Ok(frame)) => {
                        let text =
                            String::from_utf8(frame.into_data().unwrap_or_default().to_vec())
                                .unwrap();
                        self.heard.push_str(&text);
                        self.buffer.push_str(&text);
                    }
                    _ => return None,
                }
            }
        };
        tokio::time::timeout(span, wait).await
    }
}

/// Wait until something is so, at most a minute.
pub async fn soon<F: Future<Output = bool>>(what: &str, so: impl FnMut() -> F) {
    soon_within(Duration::from_secs(60), what, so).await;
}

/// The same where something else would make it so later.
pub async fn soon_within<F: Future<Output = bool>>(
    span: Duration,
    what: &str,
    mut so: impl FnMut() -> F,
) {
    let since = std::time::Instant::now();
    while !so().await {
        assert!(since.elapsed() < span, "not within {span:?}: {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
