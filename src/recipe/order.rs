//! An order: what somebody sends to have a recipe carried out.

use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::{Recipe, Recipes};
use crate::task::Refusal;

/// The field that names the recipe.
pub(super) const RECIPE: &str = "recipe";

/// An order as it came: a recipe's name, and values that nobody has checked.
#[derive(Clone, PartialEq)]
pub struct Order(Map<String, Value>);

/// An order that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The place of the recipe.
    pub recipe: usize,
    /// A value for each input, in their order.
    pub values: Vec<String>,
}

impl Order {
    /// Reads `{"recipe":NAME, INPUT:VALUE, …}`.
    ///
    /// # Errors
    /// [`Refusal::BadJson`], and [`Refusal::BadInput`] for what is no object.
    pub fn parse(json: &[u8]) -> Result<Order, Refusal> {
        match serde_json::from_slice(json) {
            Ok(Value::Object(fields)) => Ok(Order(fields)),
            Ok(_) => Err(refused("body", "a JSON object")),
            Err(error) => Err(Refusal::BadJson(error.to_string())),
        }
    }
}

/// Values may be private, and megabytes: neither belongs into a message about a bug.
impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Order({} fields)", self.0.len())
    }
}

impl Recipes {
    /// Checks every value of `order`.
    ///
    /// # Errors
    /// [`Refusal::BadInput`] names the field and what may stand there.
    pub fn accept(&self, order: &Order) -> Result<Accepted, Refusal> {
        let Order(fields) = order;
        let named = fields.get(RECIPE).and_then(Value::as_str);
        let recipe = named.and_then(|name| self.find(name)).ok_or_else(|| {
            let names: Vec<&str> = self.all().iter().map(|r| r.name.as_str()).collect();
            refused(RECIPE, &format!("one of {}", names.join(", ")))
        })?;
        let values = self.all()[recipe].take(fields)?;
        Ok(Accepted { recipe, values })
    }
}

impl Recipe {
    fn take(&self, fields: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
        let is_known = |name: &str| name == RECIPE || self.inputs.iter().any(|i| i.name == name);
        if fields.keys().any(|name| !is_known(name)) {
            // Not by its name: that is whatever somebody sent, and as long as they liked.
            let names: Vec<&str> = self.inputs.iter().map(|i| i.name.as_str()).collect();
            let allowed = format!("an object of recipe and {}, and no more", names.join(", "));
            return Err(refused("body", &allowed));
        }
        let inputs = self.inputs.iter();
        inputs
            .map(|input| {
                let value = input.take(fields.get(&input.name));
                value.map_err(|allowed| refused(&input.name, &allowed))
            })
            .collect()
    }
}

fn refused(field: &str, allowed: &str) -> Refusal {
    Refusal::BadInput {
        field: Rc::from(field),
        allowed: Rc::from(allowed),
    }
}
