//! The line under the head.

use super::{
    Face,
    state::{Frame, Sends},
};
use crate::{
    kit::{Icon, strong},
    live::Connection,
    tr,
};
use leptos::prelude::*;

/// At most one line under the head: the connection first, then the place in line, then that nobody is here, which
/// the first look says itself.
#[component]
pub fn Banner(frame: Frame, sends: Sends) -> impl IntoView {
    let offline =
        Memo::new(move |_| frame.awake.get() && frame.connection() == Connection::Offline);
    let place = Memo::new(move |_| frame.place_in_line());
    let alone = Memo::new(move |_| {
        !frame.online.get()
            && match frame.face() {
                Face::Form => true,
                Face::Refused => false,
                Face::Thread => frame.has_begun() || !sends.items().is_empty(),
            }
    });
    move || {
        if offline.get() {
            return view! {
                <p class="widget-banner" data-tone="wait" role="status">
                    <Icon name="wifi-off" />
                    <span>{tr!(chat.offline_banner)}</span>
                </p>
            }
            .into_any();
        }
        if alone.get() {
            return view! {
                <p class="widget-banner" data-tone="plain" role="status">
                    <Icon name="moon" />
                    <span dir="auto">{frame.away()}</span>
                </p>
            }
            .into_any();
        }
        // Far back, a number says nothing but that it is far.
        let words = match place.get() {
            Some(place) if place < 5 => strong(tr!(chat.line, n = place)),
            Some(_) => tr!(chat.in_a_line).into_any(),
            None => return ().into_any(),
        };
        view! {
            <p class="widget-banner" data-tone="plain" role="status">
                <Icon name="hourglass" />
                <span>{words}</span>
            </p>
        }
        .into_any()
    }
}
