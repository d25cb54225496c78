//! The end of a widget, with its name typed once more.

use crate::desk::widget::api::DeleteWidget;
use crate::kit::{
    Field, Form, Posting,
    form::{FormError, Inside},
};
use crate::model::{id::WidgetId, limits};
use crate::tr;
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub(super) fn Remove(id: WidgetId, name: String) -> impl IntoView {
    let remove = Posting::<DeleteWidget>::new();
    let error = Signal::derive(move || remove.value().get().and_then(Result::err));
    view! {
        <section class="card" id="delete" aria-labelledby="s-delete">
            <header>
                <h2 id="s-delete">{tr!(widget.delete_title)}</h2>
            </header>
            <div class="card-body">
                <Inside action=DeleteWidget::url()>
                    <Form action=remove>
                        <input type="hidden" name="id" value=id.to_string() />
                        <div class="fields">
                            <p class="hint">{tr!(widget.delete_lead)}</p>
                            <FormError error />
                            <Field
                                label=tr!(widget.delete_name, name = name)
                                name="name"
                                id="w-delete"
                                autocomplete="off"
                                maxlength=limits::NAME
                                required=true
                                error
                            />
                            <div class="actions">
                                <button
                                    class="button"
                                    data-kind="danger"
                                    type="submit"
                                    aria-busy=move || remove.pending().get().then_some("true")
                                >
                                    {tr!(widget.delete)}
                                </button>
                            </div>
                        </div>
                    </Form>
                </Inside>
            </div>
        </section>
    }
}
