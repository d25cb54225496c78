//! The demo: a shop's desk with people and three weeks of conversations, told relative to the first start.
//! It is written through the same verbs that people use; the threads stand in `threads.txt`.

mod conversations;
mod staff;
#[cfg(test)]
mod tests;
mod threads;

use super::shop;
use crate::desk::{
    account::ops::{
        self as account,
        who::{Asker, Machine},
    },
    state::Desk,
    widget::ops as widget,
};
use crate::model::{
    error::Result,
    id::*,
    widget::{Preset, WidgetForm},
};
use conversations::write_threads;
use serde::{Deserialize, Serialize};
use staff::hire;

pub const WORKSPACE: &str = "Lumen & Oak";

/// What later starts need to know; kept in the data folder.
#[derive(Serialize, Deserialize)]
pub struct Demo {
    pub widget: WidgetId,
    agent: AgentId,
    supervisor: AgentId,
    admin: AgentId,
}

/// The demo, filled in if the workspace is empty; `None` if it is somebody's own.
pub async fn ready(desk: &Desk, workspace: WorkspaceId) -> anyhow::Result<Option<Demo>> {
    let mark = desk.config().data.join("demo.json");
    if let Ok(text) = std::fs::read_to_string(&mark)
        && let Ok(demo) = serde_json::from_str::<Demo>(&text)
    {
        return Ok(Some(demo));
    }
    if !account::front(desk, workspace).await?.needs_setup {
        return Ok(None);
    }
    let demo = fill(desk, workspace).await?;
    std::fs::write(mark, serde_json::to_vec(&demo)?)?;
    Ok(Some(demo))
}

/// Fresh one-click sign-in links.
pub async fn links(
    desk: &Desk,
    workspace: WorkspaceId,
    demo: &Demo,
) -> Result<Vec<(&'static str, String)>> {
    let machine = Machine::running(desk, workspace);
    let mut links = vec![];
    for (who, id) in [
        ("Sam Ortiz, agent", demo.agent),
        ("Noor Haddad, supervisor", demo.supervisor),
        ("Alex Morgan, admin", demo.admin),
    ] {
        let token = account::sign_in_link(&machine, id).await?;
        links.push((
            who,
            format!("{}/enter?token={token}", desk.config().origin()),
        ));
    }
    Ok(links)
}

async fn fill(desk: &Desk, workspace: WorkspaceId) -> Result<Demo> {
    let machine = Machine::running(desk, workspace);
    let staff = hire(desk, &machine).await?;
    let admin = staff["Alex"].proof.clone().admin()?;
    let settings = account::settings(&admin).await?;
    // Conversations wait to be taken, so that there is something to take.
    let revision = settings.revision;
    let wanted = account::SettingsForm {
        name: WORKSPACE.into(),
        host: String::new(),
        auto_assign: false,
        ..settings.into()
    };
    account::save_settings(&admin, wanted, Some(revision)).await?;
    let port = shop::address(desk.config()).port();
    let form = WidgetForm {
        name: "Lumen & Oak shop".into(),
        domains: vec![format!("127.0.0.1:{port}"), format!("localhost:{port}")],
        welcome_message: "Hi! Ask us about a lamp, an order or a dent in the oak.".into(),
        offline_message:
            "The workshop is closed right now. Leave a message, we answer in the morning.".into(),
        preset: Preset::Teal,
        ..WidgetForm::default()
    };
    let widget = widget::create(&admin, form).await?.id;
    write_threads(&machine, &staff, widget).await?;
    for colleague in staff.values() {
        account::sign_out(&Asker::Staff(colleague.proof.clone())).await?;
    }
    Ok(Demo {
        widget,
        agent: staff["Sam"].id,
        supervisor: staff["Noor"].id,
        admin: staff["Alex"].id,
    })
}
