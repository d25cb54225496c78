//! The least that a durable relay must do, for machines without the rulers: axum, SQLite with WAL and FULL, one
//! writer that commits for all who wait, an event stream per conversation; no features. It has the addresses of the
//! ruler of the same name, and two bare Leptos pages, one with a query, as the ruler of pages.

use anyhow::Result;
use axum::{
    Router,
    extract::{Path, State},
    response::sse::{Event, KeepAlive, Sse},
    routing::{get, post},
    serve::ListenerExt,
};
use futures::{Stream, stream};
use leptos::prelude::*;
use sqlx::{
    Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::sync::{broadcast, mpsc, oneshot};

const TABLES: &str = "create table message (id integer primary key, conversation integer not null, body text not null);
    create table conversation (id integer primary key, last integer not null) without rowid;
    create index thread on message (conversation, id)";
const WRITE: &str = "insert into message (conversation, body) select value ->> 0, value ->> 1 from json_each($1) order by key";
const TOUCH: &str =
    "insert into conversation select distinct value ->> 0, 1 from json_each($1) where true
    on conflict (id) do update set last = last + 1";

type Job = (i64, String, oneshot::Sender<()>);
type Rooms = HashMap<i64, broadcast::Sender<Arc<str>>>;

#[derive(Clone)]
struct App {
    rooms: Arc<Mutex<Rooms>>,
    jobs: mpsc::UnboundedSender<Job>,
}

impl App {
    fn room(&self, id: i64) -> broadcast::Sender<Arc<str>> {
        let mut rooms: MutexGuard<Rooms> = self.rooms.lock().unwrap_or_else(|e| e.into_inner());
        rooms
            .entry(id)
            .or_insert_with(|| broadcast::channel(16).0)
            .clone()
    }
}

async fn write(mut conn: SqliteConnection, mut jobs: mpsc::UnboundedReceiver<Job>) -> Result<()> {
    let mut batch: Vec<Job> = vec![];
    while jobs.recv_many(&mut batch, 512).await > 0 {
        let rows: Vec<(i64, &str)> = batch
            .iter()
            .map(|(id, body, _)| (*id, body.as_str()))
            .collect();
        let rows = serde_json::to_string(&rows)?;
        let mut tx = conn.begin_with("begin immediate").await?;
        sqlx::query(WRITE).bind(&rows).execute(&mut *tx).await?;
        sqlx::query(TOUCH).bind(&rows).execute(&mut *tx).await?;
        tx.commit().await?;
        batch
            .drain(..)
            .for_each(|(_, _, done)| done.send(()).unwrap_or_default());
    }
    Ok(())
}

async fn hear(
    Path(id): Path<i64>,
    State(app): State<App>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let heard = stream::unfold(app.room(id).subscribe(), |mut room| async move {
        loop {
            match room.recv().await {
                Ok(text) => return Some((Ok(Event::default().data(&*text)), room)),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    });
    Sse::new(heard).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}

async fn say(
    Path(id): Path<i64>,
    State(app): State<App>,
    body: String,
) -> Result<&'static str, axum::http::StatusCode> {
    let (done, written) = oneshot::channel();
    let lost = |_| axum::http::StatusCode::INTERNAL_SERVER_ERROR;
    app.jobs
        .send((id, body.clone(), done))
        .map_err(|_| lost(()))?;
    written.await.map_err(|_| lost(()))?;
    let _ = app.room(id).send(body.into());
    Ok("1")
}

async fn pass(Path(id): Path<i64>, State(app): State<App>, body: String) -> &'static str {
    let _ = app.room(id).send(body.into());
    "ok"
}

async fn count(read: SqlitePool) -> i64 {
    let found = sqlx::query_scalar("select last from conversation where id = $1")
        .bind(1)
        .fetch_optional(&read)
        .await;
    found.ok().flatten().unwrap_or_default()
}

#[component]
fn Page(read: SqlitePool) -> impl IntoView {
    let count = Resource::new_blocking(|| (), move |()| count(read.clone()));
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <title>"A bare page"</title>
            </head>
            <body>
                <main>
                    <h1>"A bare page"</h1>
                    <Suspense>{move || Suspend::new(async move { view! { <p>{count.await}</p> } })}</Suspense>
                </main>
            </body>
        </html>
    }
}

pub async fn serve(address: &str, file: &str) -> Result<()> {
    leptos_axum::generate_route_list(|| ()); // also makes tokio the one that runs its tasks
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", "4000");
    let mut conn = SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql(TABLES).execute(&mut conn).await?;
    let (jobs, waiting) = mpsc::unbounded_channel();
    tokio::spawn(write(conn, waiting));
    let read = SqlitePool::connect_lazy_with(options);
    let page = leptos_axum::render_app_to_stream(move || view! { <Page read=read.clone()/> });
    let app = Router::new()
        .route("/hello", get(async || "hello"))
        .route("/sse/{id}", get(hear))
        .route("/send/{id}", post(say))
        .route("/mem/{id}", post(pass))
        .with_state(App {
            rooms: Arc::default(),
            jobs,
        })
        .route("/page", get(page));
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(
        listener.tap_io(|stream| drop(stream.set_nodelay(true))),
        app,
    )
    .await?;
    Ok(())
}
