//! The embeddable entry: on which sites it may run, how it looks, who may write.

use super::refusal::Refusal;
use super::{
    agent::Availability,
    color::Color,
    domain::Domain,
    error::Error,
    id::{WidgetId, WorkspaceId},
    limits,
    time::Time,
};
use serde::{Deserialize, Serialize};

super::words! {
    /// Who may start: `anyone`, people who give name and email first, or people the host site vouches for.
    pub enum Policy { Anyone = "anyone", EmailRequired = "email_required", VerifiedOnly = "verified_only" }
    pub enum Position { Right = "bottom-right", Left = "bottom-left" }
    /// A whole set of tokens; `custom` keeps only the two colours.
    pub enum Preset { Teal = "teal", Gold = "gold", Blue = "blue", Custom = "custom" }
}

impl Preset {
    /// Primary and secondary colour.
    pub fn colors(self) -> (Color, Color) {
        let (primary, secondary) = match self {
            Preset::Teal => ("#0f766e", "#134e4a"),
            Preset::Gold => ("#d4af37", "#1a1a1a"),
            Preset::Blue | Preset::Custom => ("#3b82f6", "#1f2937"),
        };
        (Color::known(primary), Color::known(secondary))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appearance {
    pub primary_color: Color,
    pub secondary_color: Color,
    pub position: Position,
    pub preset: Preset,
}

impl Default for Appearance {
    fn default() -> Self {
        let (primary_color, secondary_color) = Preset::Blue.colors();
        Appearance {
            primary_color,
            secondary_color,
            position: Position::Right,
            preset: Preset::Blue,
        }
    }
}

/// A widget as staff see it. The secret for `identify` is shown to admins alone, through its own door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widget {
    pub id: WidgetId,
    pub workspace_id: WorkspaceId,
    pub name: String,
    pub enabled: bool,
    pub domains: Vec<Domain>,
    pub policy: Policy,
    pub welcome_message: String,
    pub offline_message: String,
    pub appearance: Appearance,
    pub auto_open_delay_ms: Option<u32>,
    pub allow_file_uploads: bool,
    pub show_agent_avatars: bool,
    /// Made at set-up; the workspace's own pages embed it.
    pub home: bool,
    /// Whose customers its key vouches for: its own id, or that of the widget whose customers it shares.
    pub source: WidgetId,
    /// Counts the changes; the `ETag`.
    pub revision: i64,
    pub created_at: Time,
}

impl Widget {
    /// The code that a shop pastes before `</body>`.
    pub fn snippet(&self, desk: &str) -> String {
        let (id, desk) = (self.id, desk.trim_end_matches('/'));
        format!(
            "<script>\n  (function(w,d,s,o,f,js,fjs){{\n    w[o]=w[o]||function(){{(w[o].q=w[o].q||[]).push(arguments)}};\n    js=d.createElement(s),fjs=d.getElementsByTagName(s)[0];\n    js.id=o;js.src=f;js.async=1;fjs.parentNode.insertBefore(js,fjs);\n  }}(window,document,'script','Deskbell','{desk}/widget.js'));\n  Deskbell('init', {{ widgetId: '{id}' }});\n</script>"
        )
    }
}

/// What an admin may set. `Default` is what a new widget starts with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WidgetForm {
    pub name: String,
    pub enabled: bool,
    /// As typed, one host each.
    pub domains: Vec<String>,
    pub policy: Policy,
    pub welcome_message: String,
    pub offline_message: String,
    pub primary_color: String,
    pub secondary_color: String,
    pub position: Position,
    pub preset: Preset,
    pub auto_open_delay_ms: Option<u32>,
    pub allow_file_uploads: bool,
    pub show_agent_avatars: bool,
    /// Whose customers its key vouches for: another widget's, or with `None` its own.
    pub source: Option<WidgetId>,
}

impl WidgetForm {
    /// What the widget on a workspace's own pages starts with: Deskbell's brass.
    pub fn home(name: String) -> WidgetForm {
        WidgetForm {
            name,
            primary_color: "#8a5f0c".into(),
            secondary_color: "#211e19".into(),
            preset: Preset::Custom,
            ..WidgetForm::default()
        }
    }
}

impl Default for WidgetForm {
    fn default() -> Self {
        let looks = Appearance::default();
        WidgetForm {
            name: String::new(),
            enabled: true,
            domains: vec![],
            policy: Policy::Anyone,
            welcome_message: "Hi! How can we help?".into(),
            offline_message: "We are away right now. Leave a message and we will answer here."
                .into(),
            primary_color: looks.primary_color.into(),
            secondary_color: looks.secondary_color.into(),
            position: looks.position,
            preset: looks.preset,
            auto_open_delay_ms: None,
            allow_file_uploads: true,
            show_agent_avatars: true,
            source: None,
        }
    }
}

impl From<&Widget> for WidgetForm {
    fn from(w: &Widget) -> Self {
        WidgetForm {
            name: w.name.clone(),
            enabled: w.enabled,
            domains: w.domains.iter().map(ToString::to_string).collect(),
            policy: w.policy,
            welcome_message: w.welcome_message.clone(),
            offline_message: w.offline_message.clone(),
            primary_color: w.appearance.primary_color.to_string(),
            secondary_color: w.appearance.secondary_color.to_string(),
            position: w.appearance.position,
            preset: w.appearance.preset,
            auto_open_delay_ms: w.auto_open_delay_ms,
            allow_file_uploads: w.allow_file_uploads,
            show_agent_avatars: w.show_agent_avatars,
            source: Some(w.source).filter(|source| *source != w.id),
        }
    }
}

/// A checked [`WidgetForm`].
pub struct WidgetSettings {
    pub name: String,
    pub enabled: bool,
    pub domains: Vec<Domain>,
    pub policy: Policy,
    pub welcome_message: String,
    pub offline_message: String,
    pub appearance: Appearance,
    pub auto_open_delay_ms: Option<u32>,
    pub allow_file_uploads: bool,
    pub show_agent_avatars: bool,
    pub source: Option<WidgetId>,
}

impl WidgetForm {
    /// Every field is right, or an error that names each one that is not.
    pub fn checked(self) -> Result<WidgetSettings, Error> {
        use super::text::{Check, Name, Sentence};
        let mut check = Check::default();
        let name = check.take::<Name>("name", &self.name);
        let typed: Vec<&String> = self
            .domains
            .iter()
            .filter(|d| !d.trim().is_empty())
            .collect();
        if typed.len() > limits::DOMAINS {
            check.fail("domains", Refusal::too_many_domains(limits::DOMAINS));
        }
        // A sentence for each of thousands would be many times what was sent.
        let mut domains: Vec<Domain> = typed
            .iter()
            .take(limits::DOMAINS)
            .filter_map(|d| check.take("domains", d))
            .collect();
        let mut seen = std::collections::HashSet::new();
        domains.retain(|d| seen.insert(d.clone()));
        let welcome = check.take::<Sentence>("welcome_message", &self.welcome_message);
        let offline = check.take::<Sentence>("offline_message", &self.offline_message);
        let primary = check.take::<Color>("primary_color", &self.primary_color);
        let secondary = check.take::<Color>("secondary_color", &self.secondary_color);
        if self.auto_open_delay_ms.is_some_and(|ms| ms > 600_000) {
            check.fail("auto_open_delay_ms", Refusal::delay_too_long());
        }
        check.done()?;
        let (Some(name), Some(welcome), Some(offline), Some(primary_color), Some(secondary_color)) =
            (name, welcome, offline, primary, secondary)
        else {
            unreachable!("done() returns early when a field is missing")
        };
        Ok(WidgetSettings {
            name: name.into(),
            enabled: self.enabled,
            domains,
            policy: self.policy,
            welcome_message: welcome.into(),
            offline_message: offline.into(),
            appearance: Appearance {
                primary_color,
                secondary_color,
                position: self.position,
                preset: self.preset,
            },
            auto_open_delay_ms: self.auto_open_delay_ms,
            allow_file_uploads: self.allow_file_uploads,
            show_agent_avatars: self.show_agent_avatars,
            source: self.source,
        })
    }
}

/// What the launcher and the frame may know. Public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WidgetConfig {
    pub id: WidgetId,
    pub online: bool,
    pub name: String,
    pub welcome_message: String,
    pub offline_message: String,
    pub appearance: Appearance,
    pub ink: Color,
    pub policy: Policy,
    pub auto_open_delay_ms: Option<u32>,
    pub allow_file_uploads: bool,
    pub max_file_bytes: usize,
    pub show_agent_avatars: bool,
}

impl WidgetConfig {
    pub fn of(w: &Widget, online: Availability) -> WidgetConfig {
        WidgetConfig {
            id: w.id,
            online: online == Availability::Online,
            name: w.name.clone(),
            welcome_message: w.welcome_message.clone(),
            offline_message: w.offline_message.clone(),
            ink: w.appearance.primary_color.ink(),
            appearance: w.appearance.clone(),
            policy: w.policy,
            auto_open_delay_ms: w.auto_open_delay_ms,
            allow_file_uploads: w.allow_file_uploads,
            max_file_bytes: limits::FILE,
            show_agent_avatars: w.show_agent_avatars,
        }
    }
}

/// A widget's page: what may be set, and the code for the site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WidgetSheet {
    pub widget: Widget,
    pub snippet: String,
    /// Other widgets whose customers it could share, with their names.
    pub sources: Vec<(WidgetId, String)>,
    /// The names of those that share its own.
    pub shared_with: Vec<String>,
    /// Sites whose pages asked for the chat, and do not show it.
    pub refused: Vec<RefusedSite>,
}

/// A site that browsers do not show the chat on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedSite {
    /// `http://shop.example:8080`, as the browser named it; anybody may have sent it.
    pub site: String,
    pub at: Time,
    /// It is in the list, but came over http to a desk that is over https.
    pub listed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_nonsense_is_refused_in_few_words() {
        let form = |lines: usize| WidgetForm {
            name: "Shop".into(),
            domains: vec!["!".into(); lines],
            ..WidgetForm::default()
        };
        let said = |lines| match form(lines).checked() {
            Err(Error::Invalid { errors }) => errors["domains"].len(),
            _ => 0,
        };
        assert_eq!((said(3), said(30_000)), (3, limits::DOMAINS + 1));
    }
}
