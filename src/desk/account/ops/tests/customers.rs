//! Customers who sign in.

use super::super::{self as account, store};
use super::*;
use crate::model::{error::Error, limits};
use crate::test::{PASSWORD, TestDesk};
use serde_json::json;

crate::stories! {
    an_address_is_one_persons_whoever_is_faster,
    an_address_in_two_workspaces_is_two_logins,
    a_customer_signs_in_at_their_own_door_and_has_no_business_at_the_others,
    a_customers_wrong_passwords_count_as_a_colleagues,
}

async fn an_address_is_one_persons_whoever_is_faster(desk: TestDesk) {
    let other = desk.second_node().await;
    let alex = desk.admin().await;
    let (at_home, abroad) = (
        desk.machine(),
        account::who::Machine::running(&other, desk.workspace),
    );
    for n in 0..6 {
        let email = format!("one{n}@example.com");
        let ada = desk.visitor("Ada").await;
        let machine = if n % 2 == 0 { &at_home } else { &abroad };
        let (invited, opened) = tokio::join!(
            alex.post(
                "/agents",
                json!({"email": email.to_uppercase(), "role": "agent"})
            ),
            account::customer::open_account(machine, ada.id.into(), &email, PASSWORD),
        );
        let opened_it = match opened {
            Ok(_) => true,
            Err(e) => {
                assert!(e.about("email").is_some(), "{e}");
                false
            }
        };
        if opened_it {
            assert_eq!(invited.problem(), (422, "invalid".into()));
        } else {
            invited.created();
        }
        let again = account::customer::open_account(
            &at_home,
            desk.visitor("Eve").await.id.into(),
            &email,
            PASSWORD,
        );
        assert!(again.await.is_err_and(|e| e.about("email").is_some()));
        let sql = "select cast(count(*) as bigint) from login where email_key = $1";
        let (n,): (i64,) = desk
            .node
            .db()
            .one(sql, vec![email.as_str().into()])
            .await
            .unwrap();
        assert_eq!(n, 1);
    }
    // Nor is a customer's account given to a colleague by the command line.
    let cora = desk.customer("Cora").await;
    let added = account::add_admin(
        &desk.node,
        desk.workspace,
        "cora@customer.example",
        "Cora",
        PASSWORD,
    );
    assert!(added.await.is_err_and(|e| e.about("email").is_some()));
    assert_eq!(cora.get("/agents").await.status, 403);
}

async fn an_address_in_two_workspaces_is_two_logins(desk: TestDesk) {
    let (there, _) = desk.second_workspace().await;
    let email = "both@example.com";
    for workspace in [desk.workspace, there] {
        account::add_admin(&desk.node, workspace, email, "Bo", PASSWORD)
            .await
            .unwrap();
        let in_ = account::sign_in(&desk.node, workspace, email, PASSWORD, None, "test", None);
        assert_eq!(in_.await.unwrap().workspace, workspace);
    }
}

async fn a_customer_signs_in_at_their_own_door_and_has_no_business_at_the_others(desk: TestDesk) {
    let cora = desk.customer("Cora").await;
    let sam = desk.agent("Sam").await;
    let (node, ws) = (&desk.node, desk.workspace);
    let email = "cora@customer.example";
    for path in ["/me", "/conversations", "/agents", "/sessions", "/events"] {
        assert_eq!(cora.get(path).await.status, 403, "{path}");
    }
    let at_staffs = account::sign_in(node, ws, email, PASSWORD, None, "test", None).await;
    assert_eq!(at_staffs.unwrap_err(), Error::Unauthorized);
    let colleague = email_of(&sam).await;
    let at_customers =
        account::customer::sign_in(node, ws, &colleague, PASSWORD, None, "test", None).await;
    assert_eq!(at_customers.unwrap_err(), Error::Unauthorized);

    let request = |token: &str| {
        let request =
            axum::http::Request::builder().header("authorization", format!("Bearer {token}"));
        request.body(()).unwrap().into_parts().0
    };
    let proof = async |token: &str| {
        use axum::extract::FromRequestParts;
        account::who::Customer::from_request_parts(&mut request(token), node).await
    };
    let customer = proof(&cora.token)
        .await
        .unwrap_or_else(|_| panic!("Cora is a customer"));
    assert_eq!(customer.id().0, cora.id);
    assert!(proof(&sam.token).await.is_err(), "Sam is none");
    assert!(proof(&desk.visitor("Ada").await.token).await.is_err());
    account::customer::sign_out(&customer).await.unwrap();
    assert!(proof(&cora.token).await.is_err(), "signed out");
    let late = account::customer::sign_out(&customer).await;
    assert_eq!(late.unwrap_err(), Error::Unauthorized);
}

async fn a_customers_wrong_passwords_count_as_a_colleagues(desk: TestDesk) {
    let cora = desk.customer("Cora").await;
    let (node, ws) = (&desk.node, desk.workspace);
    let tries = async |email: &str, password: &str| {
        let tried = account::customer::sign_in(node, ws, email, password, None, "test", None);
        tried.await.map(|_| ())
    };
    for email in ["cora@customer.example", "nobody@customer.example"] {
        for n in 0..limits::TRIES {
            let wrong = tries(email, "not the password").await;
            assert_eq!(wrong, Err(Error::Unauthorized), "{email} {n}");
        }
        let locked = tries(email, PASSWORD).await;
        assert!(
            matches!(locked, Err(Error::RateLimited { .. })),
            "{email}: {locked:?}"
        );
    }
    // A browser of hers that signed in before is not locked out by strangers.
    let device = crate::base::secrets::token();
    let hash = crate::base::secrets::hash(&device);
    let mut tx = node.db().begin(ws).await.unwrap();
    let login = store::login_of_customer(&mut tx, ws, cora.id.into()).await;
    let login = login.unwrap().expect("she has an account");
    store::add_device(&mut tx, ws, login, hash, crate::model::time::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let email = "cora@customer.example";
    let hers = account::customer::sign_in(node, ws, email, PASSWORD, Some(device), "test", None);
    assert!(hers.await.unwrap().known_device);
}
