//! What the tabs of a browser tell each other: which of them leads, what was heard, and that the session has ended.

use super::{Connection, Engine};
use crate::model::{event::Cursor, wire};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, MessageEvent};

/// What tabs tell each other.
#[derive(Serialize, Deserialize)]
pub(super) enum Whisper {
    /// I am new; how does it stand?
    Hello,
    /// The leader: so it stands, and I have heard up to here.
    Here {
        state: Connection,
        cursor: Option<Cursor>,
    },
    /// The leader: an event, as it came.
    Event { json: String },
}

impl Engine {
    pub(super) fn whisper(&self, what: &Whisper) {
        if let (Some(channel), Ok(json), true) =
            (&self.channel, serde_json::to_string(what), self.alive.get())
        {
            _ = channel.post_message(&JsValue::from_str(&json));
        }
    }

    pub(super) fn attend_whispers(self: &Rc<Self>) {
        let Some(channel) = &self.channel else { return };
        let engine = Rc::downgrade(self);
        let hear = Closure::<dyn Fn(MessageEvent)>::new(move |e: MessageEvent| {
            let (Some(engine), Some(json)) = (engine.upgrade(), e.data().as_string()) else {
                return;
            };
            match (wire::read::<Whisper>(&json), engine.leads.get()) {
                (Ok(Whisper::Hello), true) => engine.say(engine.state.get()),
                (Ok(Whisper::Event { json }), false) => _ = engine.take(&json),
                (Ok(Whisper::Here { state, cursor }), false) => {
                    engine.say(state);
                    let behind = match (&*engine.cursor.borrow(), &cursor) {
                        (Some(mine), Some(leads)) => {
                            mine.epoch != leads.epoch || mine.seq < leads.seq
                        }
                        _ => false,
                    };
                    // What the leader had heard before this tab was there.
                    if behind {
                        spawn_local(async move { _ = engine.poll(0).await });
                    }
                }
                _ => {}
            }
        });
        channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        self.closures.borrow_mut().push(Box::new(hear));
    }

    /// Ask for the lock; whoever holds it leads, until the tab goes. `false` where there are no locks.
    pub(super) fn stand_for_election(self: Rc<Self>, name: &str) -> bool {
        let locks =
            js_sys::Reflect::get(&window().navigator(), &"locks".into()).unwrap_or_default();
        let Ok(request) = js_sys::Reflect::get(&locks, &"request".into())
            .and_then(|f| f.dyn_into::<js_sys::Function>())
        else {
            return false;
        };
        let engine = self.clone();
        let granted = Closure::once_into_js(move |_: JsValue| -> js_sys::Promise {
            js_sys::Promise::new(&mut |resolve, _| {
                if engine.alive.get() {
                    engine.release.replace(Some(resolve));
                    engine.clone().lead();
                } else {
                    _ = resolve.call0(&JsValue::NULL);
                }
            })
        });
        match request.call2(&locks, &name.into(), &granted) {
            Ok(promise) => {
                // A refusal (a document that may not lock) means that this tab stands alone.
                let asked = promise.unchecked_into::<js_sys::Promise>();
                spawn_local(async move {
                    if wasm_bindgen_futures::JsFuture::from(asked).await.is_err() {
                        self.lead();
                    }
                });
                true
            }
            Err(_) => false,
        }
    }
}

const SESSION: &str = "deskbell-session";

pub fn signed_out() {
    if let Ok(channel) = BroadcastChannel::new(SESSION) {
        _ = channel.post_message(&JsValue::from_str("out"));
        channel.close();
    }
}

pub fn on_signed_out(act: impl Fn() + 'static) {
    let Ok(channel) = BroadcastChannel::new(SESSION) else {
        return;
    };
    let hear = Closure::<dyn Fn()>::new(act);
    channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    let kept = StoredValue::new_local((channel, hear));
    on_cleanup(move || {
        kept.with_value(|(channel, _)| {
            channel.set_onmessage(None);
            channel.close();
        });
    });
}
