"""The texts of all messages in English and German, by code, with the names of details in braces.

`error.type` is the contract and never changes; `error.message` follows `Accept-Language`.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from enhancer.domain.messages import Message

Language = Literal["en", "de"]


class Text(NamedTuple):
    """A message in each language."""

    en: str
    de: str


def preferred(accept_language: str) -> Language:
    """The better liked of our languages in an Accept-Language header; English where it names neither (RFC 9110)."""
    best: Language = "en"
    best_weight = 0.0
    for item in accept_language.split(","):
        tag, _, quality = item.strip().partition(";q=")
        weight = _weight(quality)
        named = tag.strip().lower().partition("-")[0]
        if named == "de" and weight > best_weight:
            best, best_weight = "de", weight
        if named == "en" and weight > best_weight:
            best, best_weight = "en", weight
    return best


def render(message: Message, details: Mapping[str, Any], language: Language = "en") -> str:
    """The text of a message in a language, with its details filled in."""
    text = TEXTS[message]
    template = text.de if language == "de" else text.en
    return template.format_map({name: _shown(value, language) for name, value in details.items()})


def _weight(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0


def _shown(value: Any, language: Language) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if language == "en" else f"{value:,}".replace(",", ".")
    if isinstance(value, float):
        return str(value) if language == "en" else str(value).replace(".", ",")
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


TEXTS: dict[Message, Text] = {
    Message.ADDRESS_JOBS_EXHAUSTED: Text(
        "Guests at your address have used {limit} jobs today; sign in, or come back tomorrow.",
        ("Gäste an Ihrer Adresse haben heute {limit} Aufträge verbraucht; melden Sie sich an, oder kommen Sie morgen."),
    ),
    Message.ADDRESS_UPLOADS_EXHAUSTED: Text(
        "Guests at your address have brought {limit} pictures today; sign in, or come back tomorrow.",
        (
            "Gäste an Ihrer Adresse haben heute {limit} Bilder gebracht; melden Sie sich an oder kommen Sie "
            "morgen wieder."
        ),
    ),
    Message.AUTHORIZATION_HEADER_INVALID: Text(
        "The Authorization header must be: Bearer <token>.",
        "Der Authorization-Kopf muss lauten: Bearer <Token>.",
    ),
    Message.BODY_MUST_BE_AN_OBJECT: Text(
        "The body must be a JSON object.",
        "Der Inhalt muss ein JSON-Objekt sein.",
    ),
    Message.BODY_NAME_REPEATED: Text(
        "The body names {field} twice.",
        "Der Inhalt nennt {field} zweimal.",
    ),
    Message.BODY_NOT_AN_OBJECT: Text(
        "The body is not a JSON object.",
        "Der Inhalt ist kein JSON-Objekt.",
    ),
    Message.BODY_NOT_A_PREDICTION: Text(
        "The body is not a prediction.",
        "Der Inhalt ist keine Vorhersage.",
    ),
    Message.BODY_NOT_DECODABLE: Text(
        "The body can't be decoded.",
        "Der Inhalt kann nicht dekodiert werden.",
    ),
    Message.BODY_NOT_JSON: Text(
        "The body is not JSON.",
        "Der Inhalt ist kein JSON.",
    ),
    Message.BODY_TOO_LARGE: Text(
        "The body has {size} bytes; at most {maxBytes} are accepted here.",
        "Der Inhalt hat {size} Bytes; hier werden höchstens {maxBytes} angenommen.",
    ),
    Message.BODY_TYPE_UNSUPPORTED: Text(
        "Send application/json with an uploadId, or multipart/form-data with the picture as 'image'.",
        "Senden Sie application/json mit einer uploadId oder multipart/form-data mit dem Bild als 'image'.",
    ),
    Message.CONTENT_ENCODING_UNSUPPORTED: Text(
        "The body has the content-encoding {actual}; send it as it is, without one.",
        "Der Inhalt hat das content-encoding {actual}; senden Sie ihn unverändert, ohne ein solches.",
    ),
    Message.CONTENT_FILTERED: Text(
        "The model's content filter refused this picture; try another picture or another model.",
        "Der Inhaltsfilter des Modells hat dieses Bild abgelehnt; versuchen Sie ein anderes Bild oder Modell.",
    ),
    Message.CONTENT_TYPE_UNSUPPORTED: Text(
        "{contentType} is not accepted; send {accepted}.",
        "{contentType} wird nicht angenommen; senden Sie {accepted}.",
    ),
    Message.CROSS_ORIGIN_REQUEST: Text(
        "This request comes from another site.",
        "Diese Anfrage kommt von einer anderen Website.",
    ),
    Message.CURSOR_INVALID: Text(
        "{field} is not one that this list gave.",
        "{field} stammt nicht aus dieser Liste.",
    ),
    Message.DAILY_RUNS_EXHAUSTED: Text(
        "Today's runs are used up; new ones are taken from {reopensAt}.",
        "Die Läufe für heute sind verbraucht; neue werden ab {reopensAt} angenommen.",
    ),
    Message.NO_RUNS_LEFT_TODAY: Text(
        "Today's runs are used up; try again tomorrow.",
        "Die Läufe für heute sind verbraucht; versuchen Sie es morgen noch einmal.",
    ),
    Message.EMAIL_UNVERIFIED: Text(
        "Verify your e-mail address with your sign-in provider first.",
        "Bestätigen Sie zuerst Ihre E-Mail-Adresse bei Ihrem Anmeldedienst.",
    ),
    Message.FIELD_INVALID: Text(
        "{field} is not what it must be: {fault}.",
        "{field} ist nicht, was es sein muss: {fault}.",
    ),
    Message.FILE_EMPTY: Text(
        "The file is empty.",
        "Die Datei ist leer.",
    ),
    Message.FILE_MISSING: Text(
        "The picture is missing: send it as the file field 'image'.",
        "Das Bild fehlt: Senden Sie es als Dateifeld 'image'.",
    ),
    Message.FILE_TOO_LARGE: Text(
        "The file has {size} bytes; at most {maxBytes} are accepted. Make it smaller and try again.",
        "Die Datei hat {size} Bytes; höchstens {maxBytes} werden angenommen. Verkleinern Sie sie.",
    ),
    Message.FILE_TRUNCATED: Text(
        "The file is cut off: its {size} bytes end before the picture does. Save or send it again.",
        (
            "Die Datei ist abgeschnitten: Ihre {size} Bytes enden vor dem Bild. Speichern oder senden Sie sie "
            "noch einmal."
        ),
    ),
    Message.FORMAT_OR_SCALE_TOO_LARGE: Text(
        (
            "{format} holds {limit} pixels a side; the result would have {actual}. Choose {fitting}, or a scale "
            "of at most {maximum}."
        ),
        (
            "{format} fasst {limit} Pixel je Seite; das Ergebnis hätte {actual}. Wählen Sie {fitting} oder "
            "höchstens den Faktor {maximum}."
        ),
    ),
    Message.FORMAT_TOO_SMALL: Text(
        "{format} holds {limit} pixels a side; the result would have {actual}. Choose {fitting}.",
        "{format} fasst {limit} Pixel je Seite; das Ergebnis hätte {actual}. Wählen Sie {fitting}.",
    ),
    Message.FORM_FIELD_INVALID: Text(
        "The field {field} is too long, repeated, or one too many.",
        "Das Feld {field} ist zu lang, doppelt oder eines zu viel.",
    ),
    Message.FORM_FILE_TOO_LARGE: Text(
        "The file has {size} bytes; a form takes at most {maxBytes}: use POST /uploads.",
        "Die Datei hat {size} Bytes; ein Formular nimmt höchstens {maxBytes}: verwenden Sie POST /uploads.",
    ),
    Message.FORM_TEXT_NOT_UTF8: Text(
        "The form has text that is not UTF-8.",
        "Das Formular enthält Text, der nicht UTF-8 ist.",
    ),
    Message.FORM_UNREADABLE: Text(
        "The form can't be read: its boundary or a header is missing or broken.",
        "Das Formular ist nicht lesbar: Seine Trennmarke oder ein Kopf fehlt oder ist fehlerhaft.",
    ),
    Message.IDEMPOTENCY_KEY_INVALID: Text(
        "Idempotency-Key must be 1 to 255 visible ASCII characters.",
        "Idempotency-Key muss aus 1 bis 255 sichtbaren ASCII-Zeichen bestehen.",
    ),
    Message.IDEMPOTENCY_KEY_REUSED: Text(
        "This Idempotency-Key came before with another request; use a new one.",
        "Dieser Idempotency-Key kam schon mit einer anderen Anfrage; verwenden Sie einen neuen.",
    ),
    Message.IMAGE_ANIMATED: Text(
        "Animated pictures can't be enhanced; send a still one.",
        "Bewegte Bilder können nicht verbessert werden; senden Sie ein stehendes.",
    ),
    Message.IMAGE_DAMAGED: Text(
        "The picture is damaged and can't be read; save or send it again.",
        "Das Bild ist beschädigt und kann nicht gelesen werden; speichern oder senden Sie es noch einmal.",
    ),
    Message.IMAGE_DELETED: Text(
        "This picture was deleted.",
        "Dieses Bild wurde gelöscht.",
    ),
    Message.IMAGE_EXPIRED: Text(
        "This picture's time is over and it was deleted.",
        "Die Zeit dieses Bildes ist um, es wurde gelöscht.",
    ),
    Message.IMAGE_FORBIDDEN: Text(
        "This picture belongs to somebody else.",
        "Dieses Bild gehört jemand anderem.",
    ),
    Message.IMAGE_HAS_TOO_MANY_PIXELS: Text(
        "The picture has {width} x {height} = {pixels} pixels; at most {maxPixels} are accepted.",
        "Das Bild hat {width} x {height} = {pixels} Pixel; höchstens {maxPixels} werden angenommen.",
    ),
    Message.IMAGE_NOT_FOUND: Text(
        "There is no such picture.",
        "Dieses Bild gibt es nicht.",
    ),
    Message.IMAGE_TOO_COMPLEX: Text(
        (
            "The picture is built so that reading it takes more time or memory than one picture gets; save it "
            "anew as an ordinary JPEG, PNG or WebP and send that."
        ),
        (
            "Das Bild ist so gebaut, dass sein Lesen mehr Zeit oder Speicher braucht, als ein Bild bekommt; "
            "speichern Sie es neu als gewöhnliches JPEG, PNG oder WebP und senden Sie dieses."
        ),
    ),
    Message.IMAGE_TOO_LARGE_FOR_MODEL: Text(
        "The picture is too large for this model; try it smaller.",
        "Das Bild ist zu groß für dieses Modell; versuchen Sie es kleiner.",
    ),
    Message.IMAGE_UNSUITED_FOR_MODEL: Text(
        "{model} can't enhance a picture of {width} x {height} pixels; choose another model.",
        "{model} kann ein Bild mit {width} x {height} Pixeln nicht verbessern; wählen Sie ein anderes Modell.",
    ),
    Message.INTERNAL_ERROR: Text(
        "Something went wrong on our side; try again.",
        "Bei uns ist etwas schiefgegangen; versuchen Sie es noch einmal.",
    ),
    Message.JOBS_DISABLED: Text(
        "This installation takes no jobs at present.",
        "Diese Installation nimmt zurzeit keine Aufträge an.",
    ),
    Message.JOB_ALREADY_ENDED: Text(
        "The job has already ended.",
        "Der Auftrag ist schon zu Ende.",
    ),
    Message.JOB_CHANGED_CONCURRENTLY: Text(
        "The job keeps moving; try again.",
        "Der Auftrag ändert sich gerade; versuchen Sie es noch einmal.",
    ),
    Message.JOB_HAS_NO_RESULT: Text(
        "The job has no result to share.",
        "Der Auftrag hat kein Ergebnis, das geteilt werden kann.",
    ),
    Message.JOB_NOT_FOUND: Text(
        "There is no such job among yours.",
        "Diesen Auftrag gibt es unter Ihren nicht.",
    ),
    Message.JOB_NOT_STARTED_IN_TIME: Text(
        "This job could not be started within a day. Try again later.",
        "Dieser Auftrag konnte einen Tag lang nicht begonnen werden. Versuchen Sie es später noch einmal.",
    ),
    Message.JSON_REQUIRED: Text(
        "Send the body as application/json.",
        "Senden Sie den Inhalt als application/json.",
    ),
    Message.METHOD_NOT_ALLOWED: Text(
        "{method} is not allowed here; use {allow}.",
        "{method} ist hier nicht erlaubt; verwenden Sie {allow}.",
    ),
    Message.MODEL_CANNOT_GIVE_SIZE: Text(
        "The model can't give this picture the size that was asked for; try a smaller scale.",
        "Das Modell kann diesem Bild die gewünschte Größe nicht geben; versuchen Sie einen kleineren Faktor.",
    ),
    Message.MODEL_FAILED: Text(
        "The model could not process this picture; try another picture or another model.",
        ("Das Modell konnte dieses Bild nicht verarbeiten; versuchen Sie ein anderes Bild oder ein anderes Modell."),
    ),
    Message.MODEL_NOT_OFFERED: Text(
        "This model is no longer on offer; choose another.",
        "Dieses Modell wird nicht mehr angeboten; wählen Sie ein anderes.",
    ),
    Message.MODEL_UNKNOWN: Text(
        "There is no model {model}; choose {allowed}.",
        "Es gibt kein Modell {model}; wählen Sie {allowed}.",
    ),
    Message.NOT_AN_IMAGE: Text(
        "This is not a JPEG, PNG or WebP picture, whatever its name says; send one of these.",
        "Das ist kein JPEG-, PNG- oder WebP-Bild, was auch immer sein Name sagt; senden Sie eines davon.",
    ),
    Message.NOT_A_BOOLEAN: Text(
        "{field} is {actual}; it must be true or false.",
        "{field} ist {actual}; möglich sind true und false.",
    ),
    Message.NOT_A_CHOICE: Text(
        "{field} is {actual}; it must be one of {allowed}.",
        "{field} ist {actual}; möglich sind {allowed}.",
    ),
    Message.NOT_A_NUMBER_IN_RANGE: Text(
        "{field} is {actual}; it must be a number from {minimum} to {maximum}.",
        "{field} ist {actual}; es muss eine Zahl von {minimum} bis {maximum} sein.",
    ),
    Message.NOT_A_WHOLE_NUMBER: Text(
        "{field} is {actual}; it must be a whole number.",
        "{field} ist {actual}; es muss eine ganze Zahl sein.",
    ),
    Message.NOT_A_WHOLE_NUMBER_IN_RANGE: Text(
        "{field} is {actual}; it must be a whole number from {minimum} to {maximum}.",
        "{field} ist {actual}; es muss eine ganze Zahl von {minimum} bis {maximum} sein.",
    ),
    Message.NOT_THE_PUBLIC_ADDRESS: Text(
        "Requests must come through the public address.",
        "Anfragen müssen über die öffentliche Adresse kommen.",
    ),
    Message.NUMBER_TOO_LARGE: Text(
        "The body holds a number that is too large: {actual}.",
        "Der Inhalt enthält eine zu große Zahl: {actual}.",
    ),
    Message.ONE_FILE_REQUIRED: Text(
        "Send exactly one file, in the field 'image'.",
        "Senden Sie genau eine Datei, im Feld 'image'.",
    ),
    Message.ORIGINAL_EXPIRED: Text(
        "The original's time is over and it was deleted; upload it again.",
        "Die Zeit des Originals ist um, es wurde gelöscht; laden Sie es noch einmal hoch.",
    ),
    Message.OUT_OF_RANGE: Text(
        "{field} is {actual}; it must be from {minimum} to {maximum}.",
        "{field} ist {actual}; möglich ist {minimum} bis {maximum}.",
    ),
    Message.PARAMETER_UNKNOWN: Text(
        "{model} has no parameter {field}; it takes {allowed}.",
        "{model} hat keinen Parameter {field}; es nimmt {allowed}.",
    ),
    Message.PATH_NOT_FOUND: Text(
        "There is nothing at this path.",
        "Unter diesem Pfad gibt es nichts.",
    ),
    Message.PROVIDER_FAILED_TWICE: Text(
        "The provider's platform failed twice. Try again later.",
        "Die Plattform des Anbieters ist zweimal ausgefallen. Versuchen Sie es später.",
    ),
    Message.PROVIDER_REFUSED_JOB: Text(
        "The provider refused this job. Try another model.",
        "Der Anbieter hat diesen Auftrag abgelehnt. Versuchen Sie ein anderes Modell.",
    ),
    Message.PROVIDER_STARTED_NO_RUNS: Text(
        "The provider started no runs for a day. Try again later.",
        "Der Anbieter hat einen Tag lang keine Läufe begonnen. Versuchen Sie es später noch einmal.",
    ),
    Message.PROVIDER_WITHOUT_CAPACITY: Text(
        "The provider had no place for this job within a day.",
        "Der Anbieter hatte einen Tag lang keinen Platz für diesen Auftrag.",
    ),
    Message.QUOTA_CHARGED: Text(
        "This job used a place of your quota.",
        "Dieser Auftrag hat einen Platz Ihres Kontingents verbraucht.",
    ),
    Message.QUOTA_EXCEEDED: Text(
        "You have used {used} of {limit} jobs; the next are free at {resetAt}.",
        "Sie haben {used} von {limit} Aufträgen verbraucht; die nächsten sind ab {resetAt} frei.",
    ),
    Message.QUOTA_NOT_CHARGED: Text(
        "Nothing was charged to your quota.",
        "Ihr Kontingent wurde nicht belastet.",
    ),
    Message.RATE_LIMIT_EXCEEDED: Text(
        "At most {limit} such requests a minute are taken; the next in {retryAfter} s.",
        "Höchstens {limit} solche Anfragen je Minute werden angenommen; die nächste in {retryAfter} s.",
    ),
    Message.RESULT_BLANK: Text(
        "The model returned a picture of a single colour; try again, or try another model.",
        ("Das Modell lieferte ein Bild in einer einzigen Farbe; versuchen Sie es noch einmal oder mit einem anderen."),
    ),
    Message.RESULT_ERASED: Text(
        "The provider reports success but no longer has the picture.",
        "Der Anbieter meldet Erfolg, hat das Bild aber nicht mehr.",
    ),
    Message.RESULT_EXPIRED: Text(
        "The result's time is over and it was deleted.",
        "Die Zeit des Ergebnisses ist um, es wurde gelöscht.",
    ),
    Message.RESULT_NOT_SAVED: Text(
        "The result could not be saved; try again.",
        "Das Ergebnis konnte nicht gespeichert werden; versuchen Sie es noch einmal.",
    ),
    Message.RESULT_TOO_COMPLEX: Text(
        ("Saving the result takes more time or memory than one picture gets; try a smaller scale or another format."),
        (
            "Das Speichern des Ergebnisses braucht mehr Zeit oder Speicher, als ein Bild bekommt; versuchen Sie "
            "einen kleineren Faktor oder ein anderes Format."
        ),
    ),
    Message.RUN_CANCELED_BY_PROVIDER: Text(
        "The provider ended the run before it was done; try again.",
        "Der Anbieter hat den Lauf vor dem Ende abgebrochen; versuchen Sie es noch einmal.",
    ),
    Message.RUN_NOT_ENDED: Text(
        "The provider did not end the run in time. Try again.",
        "Der Anbieter hat den Lauf nicht rechtzeitig beendet. Versuchen Sie es noch einmal.",
    ),
    Message.RUN_UNCONFIRMED: Text(
        "The provider did not confirm the run. Try again.",
        "Der Anbieter hat den Lauf nicht bestätigt. Versuchen Sie es noch einmal.",
    ),
    Message.RUN_UNKNOWN_TO_PROVIDER: Text(
        "The provider no longer knows the run.",
        "Der Anbieter kennt den Lauf nicht mehr.",
    ),
    Message.SCALE_TOO_LARGE: Text(
        ("A picture of {width} x {height} pixels can be enlarged {maximum} times with {model}, not {actual} times."),
        "Ein Bild von {width} x {height} Pixeln kann {model} {maximum}-fach vergrößern, nicht {actual}-fach.",
    ),
    Message.SHARE_LINK_EXPIRED: Text(
        "This link's time is over.",
        "Die Zeit dieses Links ist um.",
    ),
    Message.SIGN_IN_NOT_CONFIGURED: Text(
        "This installation takes no tokens; it knows guests only.",
        "Diese Installation nimmt keine Token; sie kennt nur Gäste.",
    ),
    Message.SIGN_IN_REQUIRED: Text(
        "Sign in, or send the cookie you got with your upload.",
        "Melden Sie sich an, oder senden Sie das Cookie mit, das Sie beim Hochladen bekommen haben.",
    ),
    Message.SIGN_IN_TO_SEE_IMAGE: Text(
        "Sign in, or send the cookie you got with your upload, to see this picture.",
        "Melden Sie sich an, oder senden Sie das Cookie vom Hochladen mit, um dieses Bild zu sehen.",
    ),
    Message.TOKENS_UNVERIFIABLE: Text(
        "Tokens can't be checked right now; try again in a minute.",
        "Token können gerade nicht geprüft werden; versuchen Sie es in einer Minute noch einmal.",
    ),
    Message.TOKEN_INVALID: Text(
        "The token is not valid: wrong issuer, audience, signature, or its time is over.",
        ("Das Token ist nicht gültig: falscher Aussteller, Empfänger, falsche Signatur, oder es ist abgelaufen."),
    ),
    Message.TOKEN_WITHOUT_SUBJECT: Text(
        "The token names no subject.",
        "Das Token nennt niemanden.",
    ),
    Message.TOO_MANY_AT_ONCE: Text(
        "Too many of your requests arrived at once; try again in a moment.",
        "Zu viele Ihrer Anfragen kamen auf einmal; versuchen Sie es gleich noch einmal.",
    ),
    Message.UPLOADS_EXHAUSTED: Text(
        "You have brought {limit} pictures today; the next are taken from {resetAt}.",
        "Sie haben heute {limit} Bilder gebracht; die nächsten werden ab {resetAt} angenommen.",
    ),
    Message.UPLOAD_ALREADY_USED: Text(
        "A job was already made of this upload.",
        "Aus dieser Datei wurde schon ein Auftrag gemacht.",
    ),
    Message.UPLOAD_HEADERS_MISMATCH: Text(
        "The upload was not sent with exactly the headers that POST /uploads gave; ask for another URL.",
        ("Die Datei wurde nicht mit genau den Headern gesendet, die POST /uploads nannte; holen Sie eine neue URL."),
    ),
    Message.UPLOAD_ID_INVALID: Text(
        "{field} is not one that POST /uploads gave.",
        "{field} stammt nicht von POST /uploads.",
    ),
    Message.UPLOAD_NOT_FOUND: Text(
        "Nothing was uploaded under this uploadId; PUT the picture to its URL first.",
        "Unter dieser uploadId wurde nichts hochgeladen; senden Sie das Bild zuerst mit PUT an seine URL.",
    ),
    Message.UPLOAD_TYPE_MISMATCH: Text(
        "The upload was declared as {declared}, but its content is {actual}.",
        "Die Datei wurde als {declared} angekündigt, ihr Inhalt ist aber {actual}.",
    ),
    Message.WEBHOOK_SIGNATURE_INVALID: Text(
        "The webhook's signature is missing, wrong or too old.",
        "Die Signatur des Webhooks fehlt, ist falsch oder zu alt.",
    ),
}
