//! What goes into a statement and what comes out of it: values and rows that both drivers know.

use crate::model::time::Time;
use chrono::{DateTime, Utc};
use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

pub type Rows<T> = Result<Vec<T>, sqlx::Error>;

/// A row type that both drivers can fill.
pub trait Rec: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Rec for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{}

/// A bound value. `None` is a NULL of that type (PostgreSQL wants to know which).
#[derive(Clone, Debug)]
pub enum Val {
    Bool(Option<bool>),
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Uuid(Option<Uuid>),
    Time(Option<DateTime<Utc>>),
    Json(Option<serde_json::Value>),
}

macro_rules! vals {
    ($($type:ty => $variant:ident $(, $get:expr)?;)*) => {$(
        impl From<$type> for Val { fn from(v: $type) -> Val { Val::$variant(Some(vals!(@ v $(, $get)?))) } }
        impl From<Option<$type>> for Val { fn from(v: Option<$type>) -> Val { Val::$variant(v.map(|v| vals!(@ v $(, $get)?))) } }
    )*};
    (@ $v:ident) => { $v };
    (@ $v:ident, $get:expr) => { { let get: fn(_) -> _ = $get; get($v) } };
}
vals! {
    bool => Bool;
    i64 => Int;
    String => Text;
    Vec<u8> => Bytes;
    Uuid => Uuid;
    DateTime<Utc> => Time;
    Time => Time, |t: Time| t.0;
    serde_json::Value => Json;
    crate::model::id::WorkspaceId => Uuid, |i: crate::model::id::WorkspaceId| i.0;
    crate::model::id::AgentId => Uuid, |i: crate::model::id::AgentId| i.0;
    crate::model::id::ContactId => Uuid, |i: crate::model::id::ContactId| i.0;
    crate::model::id::WidgetId => Uuid, |i: crate::model::id::WidgetId| i.0;
    crate::model::id::ConversationId => Uuid, |i: crate::model::id::ConversationId| i.0;
    crate::model::id::MessageId => Uuid, |i: crate::model::id::MessageId| i.0;
    crate::model::id::TeamId => Uuid, |i: crate::model::id::TeamId| i.0;
    crate::model::id::LoginId => Uuid, |i: crate::model::id::LoginId| i.0;
    crate::model::id::SessionId => Uuid, |i: crate::model::id::SessionId| i.0;
    crate::model::id::ClientId => Uuid, |i: crate::model::id::ClientId| i.0;
}
impl From<&str> for Val {
    fn from(v: &str) -> Val {
        Val::Text(Some(v.to_owned()))
    }
}
impl From<Option<&str>> for Val {
    fn from(v: Option<&str>) -> Val {
        Val::Text(v.map(str::to_owned))
    }
}
impl From<[u8; 32]> for Val {
    fn from(v: [u8; 32]) -> Val {
        Val::Bytes(Some(v.to_vec()))
    }
}

/// `args![id, name, …]`: the values of `$1, $2, …`.
macro_rules! args {
    ($($v:expr),* $(,)?) => { vec![$($crate::base::db::Val::from($v)),*] };
}
pub(crate) use args;

macro_rules! bound {
    ($query:expr, $args:expr) => {{
        let mut q = $query;
        for v in $args {
            q = match v {
                Val::Bool(v) => q.bind(v),
                Val::Int(v) => q.bind(v),
                Val::Text(v) => q.bind(v),
                Val::Bytes(v) => q.bind(v),
                Val::Uuid(v) => q.bind(v),
                Val::Time(v) => q.bind(v),
                Val::Json(v) => q.bind(v.map(sqlx::types::Json)),
            };
        }
        q
    }};
}
pub(super) use bound;
