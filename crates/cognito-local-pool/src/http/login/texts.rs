//! The words of the pages, by language. Errors are Cognito's and stay in English.

/// The texts of the pages in one language.
#[derive(Debug)]
pub(super) struct Texts {
    /// A language tag for `lang`.
    pub(super) language: &'static str,
    pub(super) sign_in: &'static str,
    pub(super) sign_up: &'static str,
    pub(super) username: &'static str,
    pub(super) email: &'static str,
    pub(super) phone: &'static str,
    pub(super) email_or_phone: &'static str,
    pub(super) password: &'static str,
    pub(super) new_account: &'static str,
    pub(super) have_account: &'static str,
    pub(super) new_password_title: &'static str,
    pub(super) new_password_lead: &'static str,
    pub(super) new_password: &'static str,
    pub(super) repeat_password: &'static str,
    pub(super) change_password: &'static str,
    pub(super) passwords_differ: &'static str,
    pub(super) code_title: &'static str,
    pub(super) code_lead: &'static str,
    pub(super) code: &'static str,
    pub(super) proceed: &'static str,
    pub(super) confirm_title: &'static str,
    /// Before the address that the code would go to.
    pub(super) confirm_lead: &'static str,
    pub(super) no_mail: &'static str,
    pub(super) confirm: &'static str,
    pub(super) resend: &'static str,
    pub(super) resent: &'static str,
    pub(super) expired: &'static str,
    pub(super) local: &'static str,
}

static ENGLISH: Texts = Texts {
    language: "en",
    sign_in: "Sign in",
    sign_up: "Sign up",
    username: "Username",
    email: "Email address",
    phone: "Phone number",
    email_or_phone: "Email address or phone number",
    password: "Password",
    new_account: "New user? Create an account",
    have_account: "Have an account already? Sign in",
    new_password_title: "Change your password",
    new_password_lead: "Your password is a temporary one. Choose another to continue.",
    new_password: "New password",
    repeat_password: "Repeat the new password",
    change_password: "Change password",
    passwords_differ: "The passwords do not match.",
    code_title: "Enter your code",
    code_lead: "Enter the code that your authenticator app shows.",
    code: "Code",
    proceed: "Continue",
    confirm_title: "Confirm your account",
    confirm_lead: "The six-digit code for your account would go to",
    no_mail: "A local pool sends no messages. Its operator can read the code.",
    confirm: "Confirm account",
    resend: "Send a new code",
    resent: "There is a new code.",
    expired: "Your session expired. Sign in again.",
    local: "Local user pool for development",
};

static GERMAN: Texts = Texts {
    language: "de",
    sign_in: "Anmelden",
    sign_up: "Registrieren",
    username: "Benutzername",
    email: "E-Mail-Adresse",
    phone: "Telefonnummer",
    email_or_phone: "E-Mail-Adresse oder Telefonnummer",
    password: "Passwort",
    new_account: "Neu hier? Konto erstellen",
    have_account: "Sie haben schon ein Konto? Anmelden",
    new_password_title: "Passwort ändern",
    new_password_lead: "Ihr Passwort ist vorläufig. Wählen Sie ein neues, um fortzufahren.",
    new_password: "Neues Passwort",
    repeat_password: "Neues Passwort wiederholen",
    change_password: "Passwort ändern",
    passwords_differ: "Die Passwörter stimmen nicht überein.",
    code_title: "Code eingeben",
    code_lead: "Geben Sie den Code ein, den Ihre Authenticator-App anzeigt.",
    code: "Code",
    proceed: "Weiter",
    confirm_title: "Konto bestätigen",
    confirm_lead: "Der sechsstellige Code für Ihr Konto ginge an",
    no_mail: "Ein lokaler Pool verschickt keine Nachrichten. Sein Betreiber kann den Code lesen.",
    confirm: "Konto bestätigen",
    resend: "Neuen Code senden",
    resent: "Es gibt einen neuen Code.",
    expired: "Ihre Sitzung ist abgelaufen. Melden Sie sich erneut an.",
    local: "Lokaler User Pool für die Entwicklung",
};

static FRENCH: Texts = Texts {
    language: "fr",
    sign_in: "Se connecter",
    sign_up: "S’inscrire",
    username: "Nom d’utilisateur",
    email: "Adresse e-mail",
    phone: "Numéro de téléphone",
    email_or_phone: "Adresse e-mail ou numéro de téléphone",
    password: "Mot de passe",
    new_account: "Nouvel utilisateur ? Créer un compte",
    have_account: "Vous avez déjà un compte ? Se connecter",
    new_password_title: "Changer de mot de passe",
    new_password_lead: "Votre mot de passe est provisoire. Choisissez-en un autre pour continuer.",
    new_password: "Nouveau mot de passe",
    repeat_password: "Répéter le nouveau mot de passe",
    change_password: "Changer de mot de passe",
    passwords_differ: "Les mots de passe ne correspondent pas.",
    code_title: "Saisir le code",
    code_lead: "Saisissez le code affiché par votre application d’authentification.",
    code: "Code",
    proceed: "Continuer",
    confirm_title: "Confirmer le compte",
    confirm_lead: "Le code à six chiffres de votre compte serait envoyé à",
    no_mail: "Un pool local n’envoie pas de messages. Son exploitant peut lire le code.",
    confirm: "Confirmer le compte",
    resend: "Envoyer un nouveau code",
    resent: "Il y a un nouveau code.",
    expired: "Votre session a expiré. Reconnectez-vous.",
    local: "Pool d’utilisateurs local pour le développement",
};

static SPANISH: Texts = Texts {
    language: "es",
    sign_in: "Iniciar sesión",
    sign_up: "Registrarse",
    username: "Nombre de usuario",
    email: "Correo electrónico",
    phone: "Número de teléfono",
    email_or_phone: "Correo electrónico o número de teléfono",
    password: "Contraseña",
    new_account: "¿Usuario nuevo? Crear una cuenta",
    have_account: "¿Ya tiene una cuenta? Iniciar sesión",
    new_password_title: "Cambiar la contraseña",
    new_password_lead: "Su contraseña es temporal. Elija otra para continuar.",
    new_password: "Contraseña nueva",
    repeat_password: "Repetir la contraseña nueva",
    change_password: "Cambiar la contraseña",
    passwords_differ: "Las contraseñas no coinciden.",
    code_title: "Introducir el código",
    code_lead: "Introduzca el código que muestra su aplicación de autenticación.",
    code: "Código",
    proceed: "Continuar",
    confirm_title: "Confirmar la cuenta",
    confirm_lead: "El código de seis dígitos de su cuenta se enviaría a",
    no_mail: "Un grupo local no envía mensajes. Su operador puede leer el código.",
    confirm: "Confirmar la cuenta",
    resend: "Enviar un código nuevo",
    resent: "Hay un código nuevo.",
    expired: "La sesión ha caducado. Inicie sesión de nuevo.",
    local: "Grupo de usuarios local para desarrollo",
};

/// The texts in the language of `lang`, such as `de` or `de-AT`; English for an unsupported language.
pub(super) fn of(lang: Option<&str>) -> &'static Texts {
    let language = lang.unwrap_or_default().split('-').next().unwrap_or_default().to_ascii_lowercase();
    let others = [&GERMAN, &FRENCH, &SPANISH];
    others.into_iter().find(|texts| texts.language == language).unwrap_or(&ENGLISH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_goes_by_its_tag_and_falls_back_to_english() {
        let cases = [
            (None, "en"),
            (Some("de"), "de"),
            (Some("DE-at"), "de"),
            (Some("fr-CA"), "fr"),
            (Some("es"), "es"),
            (Some("ja"), "en"),
            (Some("<script>"), "en"),
        ];
        for (lang, expected) in cases {
            assert_eq!(of(lang).language, expected, "{lang:?}");
        }
    }
}
