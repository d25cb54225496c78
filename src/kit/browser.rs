//! What only a browser can do: storage, sound, notifications, focus, scrolling, the time. Each is silent when
//! the browser refuses it.

use super::time::Part;
use crate::model::time::{Time, now};
use chrono::{DateTime, Duration, Utc};
use leptos::{prelude::*, text_prop::TextProp};
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, HtmlElement, HtmlTextAreaElement, Storage};

thread_local! {
    static MINUTE: ArcRwSignal<u32> = {
        let minute = ArcRwSignal::new(0_u32);
        let ticking = minute.clone();
        let tick = Closure::<dyn Fn()>::new(move || ticking.update(|n: &mut u32| *n = n.wrapping_add(1)));
        _ = window().set_interval_with_callback_and_timeout_and_arguments_0(tick.as_ref().unchecked_ref(), 30_000);
        tick.forget();
        minute
    };
    static AUDIO: RefCell<Option<web_sys::AudioContext>> = const { RefCell::new(None) };
    static LAST_BEEP: Cell<f64> = const { Cell::new(0.0) };
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

/// What the parser of a page drops at the start of a textarea: a script's does not.
pub const DROPPED: &str = "";

/// A title that follows its words.
pub fn title_text(text: Signal<String>) -> TextProp {
    (move || text.get()).into()
}

fn local() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn session() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

/// From the storage that outlives the tab.
pub fn stored(key: &str) -> Option<String> {
    local()?.get_item(key).ok()?
}

/// Into the storage that outlives the tab; `None` takes it out.
pub fn store(key: &str, value: Option<&str>) {
    put(local(), key, value);
}

/// From the tab's own storage.
pub fn session_get(key: &str) -> Option<String> {
    session()?.get_item(key).ok()?
}

/// Into the tab's own storage.
pub fn session_set(key: &str, value: Option<&str>) {
    put(session(), key, value);
}

fn put(storage: Option<Storage>, key: &str, value: Option<&str>) {
    let Some(storage) = storage else { return };
    _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// Onto the clipboard.
pub fn copy(text: &str) {
    let navigator = window().navigator();
    // Absent on plain http.
    if js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|c| !c.is_undefined()) {
        _ = navigator.clipboard().write_text(text);
    }
}

pub fn muted() -> bool {
    stored("deskbell.muted").is_some()
}

pub fn mute(quiet: bool) {
    store("deskbell.muted", quiet.then_some("1"));
}

/// Two short notes, unless muted; at most one a second over a burst.
pub fn beep() {
    let at = js_sys::Date::now();
    if muted() || at - LAST_BEEP.get() < 1000.0 {
        return;
    }
    LAST_BEEP.set(at);
    _ = AUDIO.with_borrow_mut(|audio| -> Result<(), JsValue> {
        if audio.is_none() {
            *audio = Some(web_sys::AudioContext::new()?);
        }
        let Some(audio) = audio else { return Ok(()) };
        // Safari makes it asleep even after a click.
        _ = audio.resume()?;
        for (pitch, start) in [(784.0, 0.0), (1046.5, 0.11)] {
            let (note, loud) = (audio.create_oscillator()?, audio.create_gain()?);
            let from = audio.current_time() + start;
            note.set_type(web_sys::OscillatorType::Sine);
            note.frequency().set_value(pitch);
            loud.gain().set_value_at_time(0.0001, from)?;
            loud.gain()
                .exponential_ramp_to_value_at_time(0.12, from + 0.02)?;
            loud.gain()
                .exponential_ramp_to_value_at_time(0.0001, from + 0.28)?;
            note.connect_with_audio_node(&loud)?
                .connect_with_audio_node(&audio.destination())?;
            note.start_with_when(from)?;
            note.stop_with_when(from + 0.3)?;
        }
        Ok(())
    });
}

/// Does this browser show them?
pub fn may_notify() -> bool {
    let known = js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false);
    known && web_sys::Notification::permission() == web_sys::NotificationPermission::Granted
}

/// Has the person not decided yet?
pub fn can_ask_to_notify() -> bool {
    let known = js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false);
    known && web_sys::Notification::permission() == web_sys::NotificationPermission::Default
}

/// Does this browser refuse to show any?
pub fn may_not_notify() -> bool {
    let known = js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false);
    !known || web_sys::Notification::permission() == web_sys::NotificationPermission::Denied
}

/// Ask the person; over when they have answered. Must be called from a click.
pub async fn ask_to_notify() {
    if js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false)
        && let Ok(asked) = web_sys::Notification::request_permission()
    {
        _ = wasm_bindgen_futures::JsFuture::from(asked).await;
    }
}

/// On the desktop, while the page is not looked at; a click leads to `address`.
pub fn notify(title: &str, body: &str, address: &str) {
    if visible() || muted() || !may_notify() {
        return;
    }
    // The system shows a few lines of it.
    let body: String = body.chars().take(300).collect();
    let options = js_sys::Object::new();
    for (key, value) in [("body", &*body), ("tag", address), ("icon", "/favicon.svg")] {
        _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
    }
    let Ok(shown) = js_sys::Reflect::get(&window(), &"Notification".into())
        .and_then(|class| class.dyn_into::<js_sys::Function>())
        .and_then(|class| {
            js_sys::Reflect::construct(&class, &js_sys::Array::of2(&title.into(), &options))
        })
    else {
        return;
    };
    let address = address.to_owned();
    let click = Closure::once_into_js(move || {
        _ = window().focus();
        _ = window().location().set_href(&address);
    });
    _ = js_sys::Reflect::set(&shown, &"onclick".into(), &click);
}

/// Is the page looked at?
pub fn visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

/// The number on an installed app's icon.
pub fn badge(count: i64) {
    let navigator = window().navigator();
    if let Ok(set) = js_sys::Reflect::get(&navigator, &"setAppBadge".into())
        .and_then(|f| f.dyn_into::<js_sys::Function>())
    {
        _ = set.call1(&navigator, &JsValue::from_f64(count as f64));
    }
}

/// `light`, `dark`, or as the system has it.
pub fn theme() -> Option<String> {
    stored("deskbell.theme")
}

pub fn set_theme(theme: Option<&str>) {
    store("deskbell.theme", theme);
    let Some(root) = document().document_element() else {
        return;
    };
    _ = match theme {
        Some(theme) => root.set_attribute("data-theme", theme),
        None => root.remove_attribute("data-theme"),
    };
}

/// From light to dark or back, whatever it is now.
pub fn switch_theme() {
    let dark = theme().map_or_else(
        || {
            window()
                .match_media("(prefers-color-scheme: dark)")
                .ok()
                .flatten()
                .is_some_and(|m| m.matches())
        },
        |t| t == "dark",
    );
    set_theme(Some(if dark { "light" } else { "dark" }));
}

fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

pub fn focus(id: &str) {
    if let Some(element) = element(id) {
        _ = element.focus();
    }
}

/// Scroll so that it can be seen.
pub fn show(id: &str) {
    if let Some(element) = element(id) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Scroll whatever is around it, so that the first of these is in the middle.
pub fn reveal(selector: &str) {
    if let Some(element) = document().query_selector(selector).ok().flatten() {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        options.set_inline(web_sys::ScrollLogicalPosition::Center);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Is its end in sight, or nearly?
pub fn at_bottom(element: &Element) -> bool {
    distance(element) - element.client_height() < 60
}

pub fn to_bottom(element: &Element, smooth: bool) {
    let calm = window()
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()
        .flatten()
        .is_some_and(|m| m.matches());
    let options = web_sys::ScrollToOptions::new();
    options.set_top(f64::from(element.scroll_height()));
    options.set_behavior(if smooth && !calm {
        web_sys::ScrollBehavior::Smooth
    } else {
        web_sys::ScrollBehavior::Instant
    });
    element.scroll_to_with_scroll_to_options(&options);
}

/// From the top of what is seen to the end of all; kept, nothing jumps when something comes in above.
pub fn distance(element: &Element) -> i32 {
    element.scroll_height() - element.scroll_top()
}

pub fn keep_distance(element: &Element, distance: i32) {
    element.set_scroll_top(element.scroll_height() - distance);
}

/// At the caret, as if typed.
pub fn insert(area: &HtmlTextAreaElement, text: &str) {
    let start = area.selection_start().ok().flatten().unwrap_or(0);
    let end = area.selection_end().ok().flatten().unwrap_or(start);
    let value: Vec<u16> = area.value().encode_utf16().collect();
    let (start, end) = (
        (start as usize).min(value.len()),
        (end as usize).min(value.len()),
    );
    let all = [
        &value[..start],
        &text.encode_utf16().collect::<Vec<_>>(),
        &value[end..],
    ]
    .concat();
    area.set_value(&String::from_utf16_lossy(&all));
    let caret = (start + text.encode_utf16().count()) as u32;
    _ = area.set_selection_range(caret, caret);
    _ = area.focus();
    if let Ok(input) = web_sys::Event::new("input") {
        _ = area.dispatch_event(&input);
    }
}

/// The first of these that can take the focus has it.
pub fn focus_on(selectors: &[&str]) {
    for selector in selectors {
        let found = document().query_selector(selector).ok().flatten();
        if let Some(element) = found.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
            _ = element.focus();
            if document().active_element().as_ref() == Some(element.as_ref()) {
                return;
            }
        }
    }
}

/// The focus is nowhere: what had it is gone.
pub fn focus_is_lost() -> bool {
    document()
        .active_element()
        .is_none_or(|e| e.tag_name() == "BODY")
}

/// Does what is typed go into a field?
pub fn is_writing() -> bool {
    document().active_element().is_some_and(|e| {
        matches!(e.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || e.dyn_ref::<HtmlElement>()
                .is_some_and(HtmlElement::is_content_editable)
    })
}

/// Is the key part of a character that is being put together? Safari says so of the last one by its number alone.
pub fn is_composing(e: &web_sys::KeyboardEvent) -> bool {
    e.is_composing() || e.key_code() == 229
}

/// Is this a Mac, an iPad, an iPhone?
pub fn is_apple() -> bool {
    let platform = window().navigator().platform().unwrap_or_default();
    platform.starts_with("Mac") || platform.starts_with("iP")
}

pub fn hide_popovers() {
    let Ok(open) = document().query_selector_all(":popover-open") else {
        return;
    };
    for i in 0..open.length() {
        if let Some(element) = open.item(i).and_then(|n| n.dyn_into::<HtmlElement>().ok()) {
            _ = js_sys::Reflect::get(&element, &"hidePopover".into())
                .and_then(|f| f.dyn_into::<js_sys::Function>())
                .and_then(|f| f.call0(&element));
        }
    }
}

/// In capitals. (Rust's own way brings tables for all of Unicode; the browser has them.)
pub fn upper(text: &str) -> String {
    js_sys::JsString::from(text).to_upper_case().into()
}

/// In small letters.
pub fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// 0 to 1.
pub fn random() -> f64 {
    js_sys::Math::random()
}

pub fn reload() {
    _ = window().location().reload();
}

pub async fn sleep(milliseconds: u32) {
    gloo_timers::future::sleep(std::time::Duration::from_millis(milliseconds.into())).await;
}

/// Is there a network at all?
pub fn online() -> bool {
    window().navigator().on_line()
}
