//! The admin's form, as a browser posts it.

use crate::desk::account::ops::who::Admin;
use crate::model::refusal::Refusal;
use crate::model::{
    error::{Error, Result},
    id::WidgetId,
    widget::{Policy, Position, Preset, Widget, WidgetForm, WidgetSheet},
};

/// Fields as they were typed.
pub struct Posted {
    pub name: String,
    pub enabled: Option<String>,
    pub domains: String,
    pub policy: Policy,
    /// Welcome, offline.
    pub words: (String, String),
    /// Preset, primary and secondary colour, position.
    pub looks: (Preset, String, String, Position),
    pub show_agent_avatars: Option<String>,
    /// Seconds; empty is never.
    pub auto_open_delay: String,
}

/// The widget with what its page shows beside it.
pub async fn sheet(admin: &Admin, id: WidgetId) -> Result<WidgetSheet> {
    let widget = super::widget(admin, id).await?;
    let snippet = widget.snippet(&admin.desk().config().origin());
    let (others, shared_with) = super::sources(admin, id).await?;
    let refused = super::refused::sites(admin, &widget).await?;
    Ok(WidgetSheet {
        widget,
        snippet,
        sources: others.into_iter().map(|w| (w.id, w.name)).collect(),
        shared_with,
        refused,
    })
}

/// A new widget with what each starts with; without domains no site may show it.
pub async fn fresh(admin: &Admin, name: String, domains: &str) -> Result<Widget> {
    super::create(
        admin,
        WidgetForm {
            name,
            domains: domains.lines().map(str::to_owned).collect(),
            ..WidgetForm::default()
        },
    )
    .await
}

/// Delete the one that was named: a hand that slips names none.
pub async fn delete(admin: &Admin, id: WidgetId, name: &str) -> Result<()> {
    if super::widget(admin, id).await?.name != name.trim() {
        return Err(Error::field("name", Refusal::name_mistyped()));
    }
    super::delete(admin, id).await
}

fn milliseconds(seconds: &str) -> Result<Option<u32>> {
    let seconds = seconds.trim();
    if seconds.is_empty() {
        return Ok(None);
    }
    let whole = seconds.parse::<u32>().ok().filter(|s| *s <= 600);
    whole
        .map(|s| Some(s * 1000))
        .ok_or_else(|| Error::field("auto_open_delay", Refusal::delay_seconds()))
}

pub async fn save(admin: &Admin, id: WidgetId, revision: i64, posted: Posted) -> Result<Widget> {
    let delay = milliseconds(&posted.auto_open_delay);
    let edit = |now: WidgetForm| WidgetForm {
        name: posted.name,
        enabled: posted.enabled.is_some(),
        domains: posted.domains.lines().map(str::to_owned).collect(),
        policy: posted.policy,
        welcome_message: posted.words.0,
        offline_message: posted.words.1,
        preset: posted.looks.0,
        // A preset's own colours are not posted; what the widget has is replaced by them anyway.
        primary_color: Some(posted.looks.1)
            .filter(|c| !c.is_empty())
            .unwrap_or(now.primary_color),
        secondary_color: Some(posted.looks.2)
            .filter(|c| !c.is_empty())
            .unwrap_or(now.secondary_color),
        position: posted.looks.3,
        auto_open_delay_ms: delay.clone().unwrap_or(None),
        show_agent_avatars: posted.show_agent_avatars.is_some(),
        allow_file_uploads: now.allow_file_uploads,
        source: now.source,
    };
    let both = |delay: Error, others: Error| match (delay, others) {
        (Error::Invalid { errors: mut all }, Error::Invalid { errors }) => {
            all.extend(errors);
            Error::Invalid { errors: all }
        }
        (_, others) => others,
    };
    // What is wrong with the delay is told together with what is wrong elsewhere.
    match &delay {
        Ok(_) => super::change(admin, id, Some(revision), edit).await,
        Err(wrong) => match edit(WidgetForm::default()).checked() {
            Ok(_) => Err(wrong.clone()),
            Err(others) => Err(both(wrong.clone(), others)),
        },
    }
}
