//! What the overview says, from three slices.

use crate::desk::{
    account::ops::{agents, frame, who::Admin},
    conversation::ops::counts,
    widget::ops::{is_used, widgets},
};
use crate::model::{
    agent::{Agent, Availability, Face},
    error::Result,
    frame::Framed,
    overview::Overview,
};

pub async fn overview(admin: &Admin) -> Result<Framed<Overview>> {
    let all = agents(admin).await?;
    let counts = counts(admin).await?;
    let widgets: Vec<_> = widgets(admin)
        .await?
        .into_iter()
        .filter(|w| !w.home)
        .map(|w| (w.id, w.name, w.domains.len()))
        .collect();
    let mut greeted = false;
    for (id, _, _) in &widgets {
        greeted = greeted || is_used(admin, *id).await?;
    }
    // Whoever asks is here, however new their presence is.
    let here =
        |a: &&Agent| a.online || (a.id == admin.id() && a.availability == Availability::Online);
    let online = all.iter().filter(here).map(face).collect();
    let page = Overview {
        online,
        greeted,
        agents: all.len(),
        counts,
        widgets,
        plain_http: !admin.desk().config().has_secure_cookies(),
    };
    Ok(Framed {
        frame: frame(admin).await?,
        page,
    })
}

fn face(agent: &Agent) -> Face {
    Face {
        id: agent.id,
        name: agent.name.clone(),
    }
}
