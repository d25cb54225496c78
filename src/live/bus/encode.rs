//! An event as bytes, once for all who get the same.

use super::log::Entry;
use crate::model::event::{Cursor, CustomerEvent, StaffEvent};
use bytes::Bytes;
use serde::Serialize;
use std::sync::OnceLock;

/// The bytes of one event on the wire (HTML Living Standard, 9.2 "Server-sent events"): the id and the name
/// are ours, the data is one line of JSON, so nothing in it can end the field.
pub(super) fn frame<E: Serialize>(name: &str, cursor: Option<&Cursor>, event: &E) -> Bytes {
    let mut out = Vec::with_capacity(512);
    if let Some(c) = cursor {
        out.extend_from_slice(format!("id: {c}\n").as_bytes());
    }
    out.extend_from_slice(format!("event: {name}\ndata: ").as_bytes());
    serde_json::to_writer(&mut out, event).unwrap_or_default();
    out.extend_from_slice(b"\n\n");
    out.into()
}

pub(super) fn staff_frame(e: &StaffEvent) -> Bytes {
    frame(e.news.name(), e.cursor.as_ref(), e)
}

pub(super) fn customer_frame(e: &CustomerEvent) -> Bytes {
    frame(e.news.name(), e.cursor.as_ref(), e)
}

/// An entry with its bytes, made at most once per audience.
pub(super) struct Encoded<'a> {
    pub(super) entry: &'a Entry,
    pub(super) epoch: &'a str,
    pub(super) made: [OnceLock<Option<Bytes>>; 4],
}

pub(super) type Make = fn(&Entry, &str) -> Option<Bytes>;
