//! The sound of something new, and whether it is wanted.

use super::{store, stored};
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsValue;

thread_local! {
    static AUDIO: RefCell<Option<web_sys::AudioContext>> = const { RefCell::new(None) };
    static LAST_BEEP: Cell<f64> = const { Cell::new(0.0) };
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
