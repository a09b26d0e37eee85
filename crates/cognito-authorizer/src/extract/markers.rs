//! Types that represent scopes and groups, with names checked at compile time.

/// Scopes, of which a token needs one. Implemented by the types that [`scopes!`](crate::scopes) defines.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of scopes",
    label = "this type stands for no scopes",
    note = "make one: `scopes! {{ pub ReadOrders = \"orders/read\"; }}`, then `RequireScope<ReadOrders>`"
)]
pub trait RequiredScopes: Send + Sync + 'static {
    /// The scopes. One of them is enough, as in API Gateway.
    const ANY_OF: &'static [&'static str];
}

/// Groups, of which the user must be in one. Implemented by the types that [`groups!`](crate::groups) defines.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of groups",
    label = "this type stands for no groups",
    note = "make one: `groups! {{ pub Operators = \"ops\"; }}`, then `RequireGroup<Operators>`"
)]
pub trait RequiredGroups: Send + Sync + 'static {
    /// The groups. One of them is enough.
    const ANY_OF: &'static [&'static str];
}

/// Defines types that represent scopes. Use them with `RequireScope` in handlers, and wherever a requirement is expected, such as
/// [`CognitoAuthLayer::require`](crate::CognitoAuthLayer::require) and
/// [`RouteTableBuilder::require`](crate::routes::RouteTableBuilder::require). Of scopes separated by `|`, any one is enough. The `;`
/// after the last type is optional.
///
/// ```
/// use cognito_authorizer::{RouteTable, scopes};
///
/// scopes! {
///     pub ReadOrders = "orders/read";
///     pub WriteOrders = "orders/write" | "orders/admin";
/// }
/// assert_eq!(WriteOrders::requirement().to_string(), "scope orders/write or orders/admin");
///
/// let table = RouteTable::builder().require("GET /orders", ReadOrders).require("POST /orders", WriteOrders).build()?;
/// # Ok::<(), cognito_authorizer::routes::RouteTableError>(())
/// ```
///
/// An invalid scope name is a compile error (see [`is_scope`](crate::requirement::is_scope)):
///
/// ```compile_fail
/// cognito_authorizer::scopes! { Read = "orders read"; }
/// ```
#[macro_export]
macro_rules! scopes {
    ($($(#[$attribute:meta])* $visibility:vis $name:ident = $first:literal $(| $more:literal)*);* $(;)?) => {$(
        $crate::marker! {
            $(#[$attribute])* $visibility $name: $crate::RequiredScopes, $crate::any_scope, $crate::is_scope,
            "is not a scope; a custom one reads `resource-server/name`, without spaces, quotes or backslashes";
            $first $(| $more)*
        }
    )*};
}

/// Defines types that represent groups. Use them with `RequireGroup` in handlers, and wherever a requirement is expected, such as
/// [`CognitoAuthLayer::require`](crate::CognitoAuthLayer::require). Of groups separated by `|`, any one is enough. The `;`
/// after the last type is optional.
///
/// ```
/// cognito_authorizer::groups! { pub Operators = "ops" | "admins"; }
/// assert_eq!(Operators::requirement().to_string(), "group ops or admins");
/// ```
///
/// An invalid group name is a compile error (see [`is_group`](crate::requirement::is_group)):
///
/// ```compile_fail
/// cognito_authorizer::groups! { Operators = "the operators"; }
/// ```
#[macro_export]
macro_rules! groups {
    ($($(#[$attribute:meta])* $visibility:vis $name:ident = $first:literal $(| $more:literal)*);* $(;)?) => {$(
        $crate::marker! {
            $(#[$attribute])* $visibility $name: $crate::RequiredGroups, $crate::any_group, $crate::is_group,
            "is not a group; one has 1 to 128 characters, none of them white space or invisible";
            $first $(| $more)*
        }
    )*};
}

/// One type of [`scopes!`](crate::scopes) or [`groups!`](crate::groups).
///
/// `requirement` is not a method of the trait. An implementation could otherwise return another requirement than the one that
/// the extractors check:
///
/// ```compile_fail,E0407
/// struct ReadOrders;
///
/// impl cognito_authorizer::requirement::RequiredScopes for ReadOrders {
///     const ANY_OF: &'static [&'static str] = &["orders/read"];
///
///     fn requirement() -> cognito_authorizer::Requirement {
///         cognito_authorizer::scope("orders/admin")
///     }
/// }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! marker {
    (
        $(#[$attribute:meta])* $visibility:vis $name:ident: $trait:path, $any:path, $valid:path, $problem:literal;
        $($text:literal)|+
    ) => {
        $(#[$attribute])*
        #[doc = concat!("Any one of:" $(, " `", $text, "`")+)]
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name;

        impl $name {
            /// The same as a requirement.
            $visibility fn requirement() -> $crate::Requirement {
                $any(<Self as $trait>::ANY_OF.iter().copied())
            }
        }

        impl $crate::IntoRequirement for $name {
            fn into_requirement(self) -> $crate::Requirement {
                Self::requirement()
            }
        }

        impl $trait for $name {
            const ANY_OF: &'static [&'static str] = &[$($text),+];
        }

        const _: () = { $(assert!($valid($text), concat!("`", $text, "` ", $problem));)+ };
    };
}
