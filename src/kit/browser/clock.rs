//! Time as this place's clocks and this reader's browser tell it.

use crate::kit::time::Part;
use crate::model::time::{Time, now};
use chrono::{DateTime, Duration, Utc};
use leptos::prelude::*;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

thread_local! {
    static MINUTE: ArcRwSignal<u32> = {
        let minute = ArcRwSignal::new(0_u32);
        let ticking = minute.clone();
        let tick = Closure::<dyn Fn()>::new(move || ticking.update(|n: &mut u32| *n = n.wrapping_add(1)));
        _ = window().set_interval_with_callback_and_timeout_and_arguments_0(tick.as_ref().unchecked_ref(), 30_000);
        tick.forget();
        minute
    };
}

/// Now; whoever asks in an effect is asked again as time goes by.
pub fn minute() -> Option<Time> {
    MINUTE.with(|m| m.track());
    Some(now())
}

/// A moment as this place's clocks show it.
pub fn shift(time: Time) -> DateTime<Utc> {
    let date = js_sys::Date::new(&JsValue::from_f64(time.0.timestamp_millis() as f64));
    time.0 - Duration::minutes(date.get_timezone_offset() as i64)
}

/// A piece of a moment (already moved to this place) as this reader's browser says it. The words are in the page's
/// language, in the reader's English where they have one; the clock is as they read it everywhere.
pub fn said(part: Part, moment: DateTime<Utc>) -> Option<String> {
    thread_local! {
        static KNOWN: RefCell<Vec<(Part, js_sys::Intl::DateTimeFormat)>> = const { RefCell::new(vec![]) };
    }
    let format = KNOWN.with_borrow_mut(|known| {
        if let Some((_, format)) = known.iter().find(|(p, _)| *p == part) {
            return format.clone();
        }
        let format = formatter(part);
        known.push((part, format.clone()));
        format
    });
    let date = js_sys::Date::new(&JsValue::from_f64(moment.timestamp_millis() as f64));
    let said = format.format().call1(&JsValue::UNDEFINED, &date).ok()?;
    said.as_string()
}

fn formatter(part: Part) -> js_sys::Intl::DateTimeFormat {
    let wanted: &[(&str, &str)] = match part {
        Part::Clock => &[("hour", "2-digit"), ("minute", "2-digit")],
        Part::Day => &[("weekday", "short")],
        Part::Weekday => &[("weekday", "long")],
        Part::Date => &[("day", "numeric"), ("month", "short")],
        Part::LongDate => &[("day", "numeric"), ("month", "long")],
        Part::FullDate => &[("day", "numeric"), ("month", "long"), ("year", "numeric")],
    };
    let options = js_sys::Object::new();
    for (key, value) in [("timeZone", "UTC")].iter().chain(wanted) {
        _ = js_sys::Reflect::set(&options, &(*key).into(), &(*value).into());
    }
    let own = window().navigator().language().unwrap_or_default();
    let english = own == "en" || own.starts_with("en-");
    let locales = js_sys::Array::new();
    if part != Part::Clock {
        let locale = if english { own.as_str() } else { "en-GB" };
        locales.push(&locale.into());
    }
    js_sys::Intl::DateTimeFormat::new(&locales, &options)
}

/// What a field for a day and a time holds ("2025-11-24T09:00"), as a moment of this place.
pub fn moment(local: &str) -> Option<Time> {
    let at = js_sys::Date::parse(local);
    let known = at.is_finite().then_some(at as i64)?;
    DateTime::from_timestamp_millis(known).map(Time)
}
