//! Who sees a conversation is said once in Rust and once in SQL, and both say the same: for everybody, wherever it
//! stands.

use crate::base::db::args;
use crate::desk::account::ops::rules::sight;
use crate::model::{
    event::Place,
    id::{AgentId, TeamId},
    time::now,
};
use crate::test::{Person, TestDesk};
use std::collections::BTreeSet;
use uuid::Uuid;

crate::stories! {
    the_rule_of_sight_is_the_same_in_rust_and_in_sql,
}

async fn the_rule_of_sight_is_the_same_in_rust_and_in_sql(desk: TestDesk) {
    let (ours, theirs) = (desk.default_team().await, desk.team("Returns").await);
    let (sam, kim) = (desk.agent("Sam").await, desk.agent("Kim").await);
    let (noor, alex) = (desk.supervisor("Noor").await, desk.admin().await);
    desk.joins(&kim, theirs).await;
    let staff: [(&str, &Person); 4] = [
        ("Sam", &sam),
        ("Kim", &kim),
        ("Noor", &noor),
        ("Alex", &alex),
    ];

    let mut stands = vec![];
    for team in [ours, theirs] {
        for assignee in [None, Some(&sam), Some(&kim), Some(&noor), Some(&alex)] {
            let ada = desk.visitor("Ada").await;
            let conversation = ada.writes("Where is my parcel?").await;
            let place = Place {
                team,
                assignee: assignee.map(|who| AgentId(who.id)),
            };
            desk.puts(conversation, place).await;
            stands.push((conversation, place));
        }
    }

    let (mut seen, mut hidden) = (0, 0);
    for (name, who) in staff {
        let listener = who.staff().await.listener();
        let by_rule: BTreeSet<Uuid> = stands
            .iter()
            .filter(|(_, place)| listener.sees(*place))
            .map(|(id, _)| *id)
            .collect();
        let sql = concat!(
            "select c.id from conversation c where c.workspace_id = $1 and ",
            sight!("c.", "$2")
        );
        let rows: Vec<(Uuid,)> = desk
            .node
            .db()
            .all(sql, args![desk.workspace, who.id])
            .await
            .unwrap();
        let by_statement: BTreeSet<Uuid> = rows.into_iter().map(|(id,)| id).collect();
        let reads_all = name == "Noor" || name == "Alex";
        if reads_all {
            assert_eq!(by_rule.len(), stands.len(), "{name} reads everything");
            assert!(
                by_statement.len() < stands.len(),
                "or the statement is no rule"
            );
        } else {
            assert_eq!(by_rule, by_statement, "what {name} sees");
        }

        // And so says every door: the list, and each of them alone.
        let listed: BTreeSet<Uuid> = who.listed().await.into_iter().collect();
        assert_eq!(by_rule, listed, "what {name} is listed");
        for (id, place) in &stands {
            let alone = who.get(&format!("/conversations/{id}")).await.status;
            assert_eq!(
                alone.is_success(),
                listener.sees(*place),
                "{name}, {place:?}"
            );
        }
        seen += by_rule.len();
        hidden += stands.len() - by_rule.len();
    }
    assert!(
        seen > 20 && hidden > 10,
        "{seen} seen, {hidden} hidden: it would tell nothing"
    );
}

impl TestDesk {
    async fn default_team(&self) -> TeamId {
        let sql = "select team_id from workspace where id = $1";
        let row = self.node.db().one::<(Uuid,)>(sql, args![self.workspace]);
        row.await.unwrap().0.into()
    }

    /// A team that nobody is in yet.
    async fn team(&self, name: &str) -> TeamId {
        let id = TeamId(Uuid::now_v7());
        let sql = "insert into team (id, workspace_id, name, created_at) values ($1, $2, $3, $4)";
        self.writes(sql, args![id, self.workspace, name, now()])
            .await;
        id
    }

    /// Is in this team alone from now on.
    async fn joins(&self, who: &Person, team: TeamId) {
        let sql = "update team_member set team_id = $3 where workspace_id = $1 and agent_id = $2";
        self.writes(sql, args![self.workspace, who.id, team]).await;
    }

    async fn puts(&self, conversation: Uuid, at: Place) {
        let sql = "update conversation set team_id = $3, assignee_id = $4 where workspace_id = $1 and id = $2";
        let (team, assignee) = (at.team, at.assignee);
        self.writes(sql, args![self.workspace, conversation, team, assignee])
            .await;
    }

    async fn writes(&self, sql: &'static str, values: Vec<crate::base::db::Val>) {
        let mut tx = self.node.db().begin(self.workspace).await.unwrap();
        assert_eq!(tx.run(sql, values).await.unwrap(), 1, "{sql}");
        tx.commit().await.unwrap();
    }
}

impl Person {
    /// Every conversation that they are listed.
    async fn listed(&self) -> Vec<Uuid> {
        let page = self.get("/conversations?limit=100").await.ok();
        let items = page["items"].as_array().unwrap();
        let ids = items.iter().map(|c| c["id"].as_str().unwrap());
        ids.map(|id| id.parse().unwrap()).collect()
    }
}
