//! What the overview says, from three slices.

use super::api::Overview;
use crate::desk::{
    account::{
        api::Framed,
        ops::{agents, frame, who::Admin},
    },
    conversation::ops::inbox,
    widget::ops::widgets,
};
use crate::model::{conversation::View, error::Result};

pub async fn overview(admin: &Admin) -> Result<Framed<Overview>> {
    let all = agents(admin).await?;
    let counts = inbox(admin, View::All, None, None).await?.counts;
    let widgets = widgets(admin)
        .await?
        .into_iter()
        .filter(|w| !w.home)
        .map(|w| (w.id, w.name, w.domains.len()))
        .collect();
    let page = Overview {
        agents_online: all.iter().filter(|a| a.online).count(),
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
