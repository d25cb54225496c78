//! What people do: they plant the words, and act at random, which changes nothing about who may read what.

use super::Thread;
use crate::model::time::now;
use crate::proof::cast::Cast;
use crate::test::Person;
use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) fn chance(state: &mut u64, n: usize) -> usize {
    *state = state
        .wrapping_mul(6364136223846793005)
        .wrapping_add(1442695040888963407);
    (*state >> 33) as usize % n
}

impl Cast {
    fn person(&self, name: &str) -> Person {
        self.members
            .iter()
            .find(|m| m.name == name)
            .unwrap()
            .person
            .clone()
    }

    pub(super) async fn plant(&self) -> Vec<Thread> {
        let abroad = self.newcomer(self.there.widget).await;
        let (eve, sam, noor) = (self.person("Eve"), self.person("Sam"), self.person("Noor"));
        let cases = [
            (self.person("Ada"), "ada", &sam, Some("sam")),
            (self.person("Bob"), "bob", &self.here.priya, None),
            (self.person("Cleo"), "cleo", &sam, Some("sam")),
            (self.person("Dora"), "dora", &noor, Some("noor")),
            (abroad, "abroad", &eve, Some("eve")),
        ];
        let mut threads = vec![];
        for (customer, name, agent, noted) in cases {
            let begun = json!({"client_id": Uuid::new_v4(), "body": "Hello"});
            let begun = self
                .call(&customer, Method::POST, "/api/v1/conversations", begun)
                .await
                .created();
            let id: Uuid = begun["conversation"]["id"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            let path = format!("/api/v1/conversations/{id}/assign");
            self.call(agent, Method::POST, &path, json!({"agent_id": agent.id}))
                .await
                .ok();
            let contact = customer.id;
            let noted = noted.map(|n| format!("canary-{n}-noted"));
            threads.push(Thread {
                id,
                contact,
                customer,
                said: format!("canary-{name}-said"),
                agent: agent.clone(),
                noted,
            });
        }
        let page = json!({"page_url": "https://canary-page.example/"});
        self.call(&threads[0].customer, Method::PATCH, "/api/v1/me", page)
            .await
            .ok();
        let path = format!("/api/v1/contacts/{}", threads[4].contact);
        self.call(
            &threads[4].agent,
            Method::PATCH,
            &path,
            json!({"name": "canary-abroad-name"}),
        )
        .await
        .ok();
        threads
    }

    /// One thing that somebody does. None of it changes who may read what.
    pub(super) async fn act(&self, what: usize, thread: &Thread) {
        let (id, said) = (thread.id, thread.said.clone());
        let post = async |who: &Person, tail: &str, body: Value| {
            let reply = self
                .call(
                    who,
                    Method::POST,
                    &format!("/api/v1/conversations/{id}/{tail}"),
                    body,
                )
                .await;
            assert!(
                reply.status.is_success() || reply.status == 409,
                "{tail}: {} {}",
                reply.status,
                reply.text
            );
        };
        let text = |body: &str| json!({"client_id": Uuid::new_v4(), "body": body});
        match (what, &thread.noted) {
            (0, _) => post(&thread.customer, "messages", text(&said)).await,
            (1, _) => post(&thread.agent, "messages", text(&said)).await,
            (2 | 3, Some(noted)) => {
                let note = json!({"client_id": Uuid::new_v4(), "body": noted, "kind": "note"});
                post(&thread.agent, "messages", note).await;
            }
            (4, _) => post(&thread.customer, "read", json!({"seq": 9999})).await,
            (5, _) => post(&thread.agent, "read", json!({"seq": 9999})).await,
            (6, _) => post(&thread.agent, "typing", json!({"typing": true})).await,
            (7, _) => {
                post(&thread.agent, "close", Value::Null).await;
                post(&thread.agent, "messages", text(&said)).await;
            }
            (8, _) => {
                let until = now().plus(chrono::Duration::days(1));
                post(
                    &thread.agent,
                    "status",
                    json!({"status": "snoozed", "until": until}),
                )
                .await;
                post(&thread.customer, "messages", text(&said)).await;
            }
            _ => post(&thread.customer, "typing", json!({"typing": true})).await,
        }
    }
}
