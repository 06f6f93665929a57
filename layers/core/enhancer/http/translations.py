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
        "Daily limit of {limit} guest jobs for your network address reached; sign in, or try again tomorrow.",
        (
            "Das Tageslimit von {limit} Gastaufträgen für Ihre Netzwerkadresse ist erreicht; melden Sie sich an "
            "oder versuchen Sie es morgen wieder."
        ),
    ),
    Message.ADDRESS_UPLOADS_EXHAUSTED: Text(
        ("Daily limit of {limit} guest uploads for your network address reached; sign in, or try again tomorrow."),
        (
            "Das Tageslimit von {limit} Gast-Uploads für Ihre Netzwerkadresse ist erreicht; melden Sie sich an "
            "oder versuchen Sie es morgen wieder."
        ),
    ),
    Message.AUTHORIZATION_HEADER_INVALID: Text(
        "The Authorization header must have the form: Bearer <token>.",
        "Der Authorization-Header muss die Form haben: Bearer <Token>.",
    ),
    Message.BODY_MUST_BE_AN_OBJECT: Text(
        "The request body must be a JSON object.",
        "Der Anfragetext muss ein JSON-Objekt sein.",
    ),
    Message.BODY_NAME_REPEATED: Text(
        "The request body contains {field} twice.",
        "Der Anfragetext enthält {field} zweimal.",
    ),
    Message.BODY_NOT_AN_OBJECT: Text(
        "The webhook body is not a JSON object.",
        "Der Inhalt des Webhooks ist kein JSON-Objekt.",
    ),
    Message.BODY_NOT_A_PREDICTION: Text(
        "The webhook body is not a prediction.",
        "Der Inhalt des Webhooks ist keine Vorhersage.",
    ),
    Message.BODY_NOT_DECODABLE: Text(
        "The request body cannot be decoded.",
        "Der Anfragetext kann nicht dekodiert werden.",
    ),
    Message.BODY_NOT_JSON: Text(
        "The request body is not valid JSON.",
        "Der Anfragetext ist kein gültiges JSON.",
    ),
    Message.BODY_TOO_LARGE: Text(
        "The request body has {size} bytes; the limit is {maxBytes}.",
        "Der Anfragetext hat {size} Bytes; erlaubt sind {maxBytes}.",
    ),
    Message.BODY_TYPE_UNSUPPORTED: Text(
        "Send application/json with an uploadId, or multipart/form-data with the image in the field 'image'.",
        ("Senden Sie application/json mit einer uploadId oder multipart/form-data mit dem Bild im Feld 'image'."),
    ),
    Message.CONTENT_ENCODING_UNSUPPORTED: Text(
        "The request body has the content encoding {actual}; send it without one.",
        "Der Anfragetext hat die Kodierung {actual}; senden Sie ihn ohne Content-Encoding.",
    ),
    Message.CONTENT_FILTERED: Text(
        "The model's content filter rejected this image; try another image or model.",
        "Der Inhaltsfilter des Modells hat dieses Bild abgelehnt; versuchen Sie ein anderes Bild oder Modell.",
    ),
    Message.CONTENT_TYPE_UNSUPPORTED: Text(
        "{contentType} is not supported; send {accepted}.",
        "{contentType} wird nicht unterstützt; senden Sie {accepted}.",
    ),
    Message.CROSS_ORIGIN_REQUEST: Text(
        "Cross-origin request rejected.",
        "Die Anfrage einer anderen Website wurde abgelehnt.",
    ),
    Message.CURSOR_INVALID: Text(
        "{field} was not returned by this list.",
        "{field} stammt nicht aus dieser Liste.",
    ),
    Message.DAILY_RUNS_EXHAUSTED: Text(
        "The daily limit of runs has been reached; it resets at {reopensAt}.",
        "Das Tageslimit an Läufen ist erreicht; neue sind ab {reopensAt} möglich.",
    ),
    Message.EMAIL_UNVERIFIED: Text(
        "Verify your e-mail address with your sign-in provider first.",
        "Bestätigen Sie zuerst Ihre E-Mail-Adresse bei Ihrem Anmeldedienst.",
    ),
    Message.FIELD_INVALID: Text(
        "{field} is invalid: {fault}.",
        "{field} ist ungültig: {fault}.",
    ),
    Message.FILE_EMPTY: Text(
        "The file is empty.",
        "Die Datei ist leer.",
    ),
    Message.FILE_MISSING: Text(
        "The image is missing; send it in the file field 'image'.",
        "Das Bild fehlt; senden Sie es im Dateifeld 'image'.",
    ),
    Message.FILE_TOO_LARGE: Text(
        "The file has {size} bytes; the limit is {maxBytes}. Reduce it and try again.",
        ("Die Datei hat {size} Bytes; erlaubt sind {maxBytes}. Verkleinern Sie sie und versuchen Sie es noch einmal."),
    ),
    Message.FILE_TRUNCATED: Text(
        "The file is cut off: the image does not end within its {size} bytes. Save or send it again.",
        (
            "Die Datei ist abgeschnitten: Das Bild endet nicht innerhalb ihrer {size} Bytes. Speichern oder "
            "senden Sie sie noch einmal."
        ),
    ),
    Message.FORMAT_OR_SCALE_TOO_LARGE: Text(
        (
            "{format} is limited to {limit} pixels per side; the result would have {actual}. Choose {fitting}, "
            "or a scale of at most {maximum}."
        ),
        (
            "{format} ist auf {limit} Pixel je Seite begrenzt; das Ergebnis hätte {actual}. Wählen Sie {fitting} "
            "oder höchstens den Faktor {maximum}."
        ),
    ),
    Message.FORMAT_TOO_SMALL: Text(
        "{format} is limited to {limit} pixels per side; the result would have {actual}. Choose {fitting}.",
        "{format} ist auf {limit} Pixel je Seite begrenzt; das Ergebnis hätte {actual}. Wählen Sie {fitting}.",
    ),
    Message.FORM_FIELD_INVALID: Text(
        "The form field {field} is too long, repeated, or exceeds the number of fields allowed.",
        "Das Formularfeld {field} ist zu lang, doppelt oder überschreitet die erlaubte Zahl der Felder.",
    ),
    Message.FORM_FILE_TOO_LARGE: Text(
        "The file has {size} bytes; a form is limited to {maxBytes}. Use POST /uploads.",
        "Die Datei hat {size} Bytes; ein Formular ist auf {maxBytes} begrenzt. Verwenden Sie POST /uploads.",
    ),
    Message.FORM_TEXT_NOT_UTF8: Text(
        "The form contains text that is not UTF-8.",
        "Das Formular enthält Text, der nicht UTF-8 ist.",
    ),
    Message.FORM_UNREADABLE: Text(
        "The form cannot be read: its boundary or a header is missing or malformed.",
        "Das Formular ist nicht lesbar: Seine Trennmarke oder ein Header fehlt oder ist fehlerhaft.",
    ),
    Message.IDEMPOTENCY_KEY_INVALID: Text(
        "Idempotency-Key must be 1 to 255 visible ASCII characters.",
        "Idempotency-Key muss aus 1 bis 255 sichtbaren ASCII-Zeichen bestehen.",
    ),
    Message.IDEMPOTENCY_KEY_REUSED: Text(
        "This Idempotency-Key was already used with a different request; use a new one.",
        "Dieser Idempotency-Key wurde schon für eine andere Anfrage verwendet; nehmen Sie einen neuen.",
    ),
    Message.IMAGE_ANIMATED: Text(
        "Animated images are not supported; send a still image.",
        "Animierte Bilder werden nicht unterstützt; senden Sie ein Standbild.",
    ),
    Message.IMAGE_DAMAGED: Text(
        "The image is damaged and cannot be read; save or send it again.",
        "Das Bild ist beschädigt und kann nicht gelesen werden; speichern oder senden Sie es noch einmal.",
    ),
    Message.IMAGE_DELETED: Text(
        "This image was deleted.",
        "Dieses Bild wurde gelöscht.",
    ),
    Message.IMAGE_EXPIRED: Text(
        "This image has expired and was deleted.",
        "Dieses Bild ist abgelaufen und wurde gelöscht.",
    ),
    Message.IMAGE_FORBIDDEN: Text(
        "You do not have access to this image.",
        "Sie haben keinen Zugriff auf dieses Bild.",
    ),
    Message.IMAGE_HAS_TOO_MANY_PIXELS: Text(
        "The image has {width} x {height} = {pixels} pixels; the limit is {maxPixels}.",
        "Das Bild hat {width} x {height} = {pixels} Pixel; erlaubt sind {maxPixels}.",
    ),
    Message.IMAGE_NOT_FOUND: Text(
        "Image not found.",
        "Bild nicht gefunden.",
    ),
    Message.IMAGE_TOO_COMPLEX: Text(
        (
            "Reading this image takes more time or memory than is allowed; save it as an ordinary JPEG, PNG or "
            "WebP and send that."
        ),
        (
            "Dieses Bild zu lesen braucht mehr Zeit oder Speicher als erlaubt; speichern Sie es als gewöhnliches "
            "JPEG, PNG oder WebP und senden Sie dieses."
        ),
    ),
    Message.IMAGE_TOO_LARGE_FOR_MODEL: Text(
        "The image is too large for this model; try a smaller one.",
        "Das Bild ist zu groß für dieses Modell; versuchen Sie ein kleineres.",
    ),
    Message.IMAGE_UNSUITED_FOR_MODEL: Text(
        "{model} cannot enhance an image of {width} x {height} pixels; choose another model.",
        "{model} kann ein Bild mit {width} x {height} Pixeln nicht verbessern; wählen Sie ein anderes Modell.",
    ),
    Message.INTERNAL_ERROR: Text(
        "An unexpected error occurred; try again.",
        "Ein unerwarteter Fehler ist aufgetreten; versuchen Sie es noch einmal.",
    ),
    Message.JOBS_DISABLED: Text(
        "New jobs are currently disabled.",
        "Neue Aufträge sind zurzeit nicht möglich.",
    ),
    Message.JOB_ALREADY_ENDED: Text(
        "The job has already ended.",
        "Der Auftrag ist bereits beendet.",
    ),
    Message.JOB_CHANGED_CONCURRENTLY: Text(
        "The job changed at the same time; try again.",
        "Der Auftrag hat sich gleichzeitig geändert; versuchen Sie es noch einmal.",
    ),
    Message.JOB_HAS_NO_RESULT: Text(
        "The job has no result to share.",
        "Der Auftrag hat kein Ergebnis, das geteilt werden kann.",
    ),
    Message.JOB_NOT_FOUND: Text(
        "Job not found.",
        "Auftrag nicht gefunden.",
    ),
    Message.JOB_NOT_STARTED_IN_TIME: Text(
        "The job could not be started within 24 hours. Try again later.",
        ("Der Auftrag konnte nicht innerhalb von 24 Stunden gestartet werden. Versuchen Sie es später noch einmal."),
    ),
    Message.JSON_REQUIRED: Text(
        "Send the request body as application/json.",
        "Senden Sie den Anfragetext als application/json.",
    ),
    Message.METHOD_NOT_ALLOWED: Text(
        "{method} is not allowed; use {allow}.",
        "{method} ist nicht erlaubt; verwenden Sie {allow}.",
    ),
    Message.MODEL_CANNOT_GIVE_SIZE: Text(
        "The model cannot produce the requested size for this image; try a smaller scale.",
        ("Das Modell kann die gewünschte Größe für dieses Bild nicht erzeugen; versuchen Sie einen kleineren Faktor."),
    ),
    Message.MODEL_FAILED: Text(
        "The model could not process this image; try another image or model.",
        "Das Modell konnte dieses Bild nicht verarbeiten; versuchen Sie ein anderes Bild oder Modell.",
    ),
    Message.MODEL_NOT_OFFERED: Text(
        "This model is no longer available; choose another one.",
        "Dieses Modell ist nicht mehr verfügbar; wählen Sie ein anderes.",
    ),
    Message.MODEL_UNKNOWN: Text(
        "Unknown model {model}; choose {allowed}.",
        "Unbekanntes Modell {model}; wählen Sie {allowed}.",
    ),
    Message.NOT_AN_IMAGE: Text(
        "The file is not a JPEG, PNG or WebP image, whatever its name or type; send one of these.",
        "Die Datei ist kein JPEG-, PNG- oder WebP-Bild, unabhängig von Name und Typ; senden Sie eines davon.",
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
        "Requests must be sent to the public address.",
        "Anfragen müssen an die öffentliche Adresse gesendet werden.",
    ),
    Message.NO_RUNS_LEFT_TODAY: Text(
        "The daily limit of runs has been reached; try again tomorrow.",
        "Das Tageslimit an Läufen ist erreicht; versuchen Sie es morgen noch einmal.",
    ),
    Message.NUMBER_TOO_LARGE: Text(
        "The request body contains a number that is too large: {actual}.",
        "Der Anfragetext enthält eine zu große Zahl: {actual}.",
    ),
    Message.ONE_FILE_REQUIRED: Text(
        "Send exactly one file, in the field 'image'.",
        "Senden Sie genau eine Datei, im Feld 'image'.",
    ),
    Message.ORIGINAL_EXPIRED: Text(
        "The original has expired and was deleted; upload it again.",
        "Das Original ist abgelaufen und wurde gelöscht; laden Sie es noch einmal hoch.",
    ),
    Message.OUT_OF_RANGE: Text(
        "{field} is {actual}; it must be from {minimum} to {maximum}.",
        "{field} ist {actual}; möglich ist {minimum} bis {maximum}.",
    ),
    Message.PARAMETER_UNKNOWN: Text(
        "{model} has no parameter {field}; it has {allowed}.",
        "{model} hat keinen Parameter {field}; es hat {allowed}.",
    ),
    Message.PATH_NOT_FOUND: Text(
        "Path not found.",
        "Pfad nicht gefunden.",
    ),
    Message.PROVIDER_FAILED_TWICE: Text(
        "The provider failed twice. Try again later.",
        "Der Anbieter ist zweimal ausgefallen. Versuchen Sie es später noch einmal.",
    ),
    Message.PROVIDER_REFUSED_JOB: Text(
        "The provider rejected this job. Try another model.",
        "Der Anbieter hat diesen Auftrag abgelehnt. Versuchen Sie ein anderes Modell.",
    ),
    Message.PROVIDER_STARTED_NO_RUNS: Text(
        "The provider accepted no runs for 24 hours. Try again later.",
        "Der Anbieter hat 24 Stunden lang keine Läufe angenommen. Versuchen Sie es später noch einmal.",
    ),
    Message.PROVIDER_WITHOUT_CAPACITY: Text(
        "The provider had no capacity for this job within 24 hours.",
        "Der Anbieter hatte innerhalb von 24 Stunden keine Kapazität für diesen Auftrag.",
    ),
    Message.QUOTA_CHARGED: Text(
        "This job counts against your quota.",
        "Dieser Auftrag zählt zu Ihrem Kontingent.",
    ),
    Message.QUOTA_EXCEEDED: Text(
        "Quota exceeded: {used} of {limit} jobs used; it resets at {resetAt}.",
        "Kontingent erschöpft: {used} von {limit} Aufträgen verbraucht; neue sind ab {resetAt} möglich.",
    ),
    Message.QUOTA_NOT_CHARGED: Text(
        "This job does not count against your quota.",
        "Dieser Auftrag zählt nicht zu Ihrem Kontingent.",
    ),
    Message.RATE_LIMIT_EXCEEDED: Text(
        "Rate limit of {limit} requests per minute exceeded; try again in {retryAfter} s.",
        ("Das Limit von {limit} Anfragen je Minute ist überschritten; versuchen Sie es in {retryAfter} s noch einmal."),
    ),
    Message.RESULT_BLANK: Text(
        "The model returned an image of a single colour; try again, or try another model.",
        ("Das Modell lieferte ein einfarbiges Bild; versuchen Sie es noch einmal oder mit einem anderen Modell."),
    ),
    Message.RESULT_ERASED: Text(
        "The provider reports success, but the result is no longer available there.",
        "Der Anbieter meldet Erfolg, aber das Ergebnis ist dort nicht mehr verfügbar.",
    ),
    Message.RESULT_EXPIRED: Text(
        "The result has expired and was deleted.",
        "Das Ergebnis ist abgelaufen und wurde gelöscht.",
    ),
    Message.RESULT_NOT_SAVED: Text(
        "The result could not be saved; try again.",
        "Das Ergebnis konnte nicht gespeichert werden; versuchen Sie es noch einmal.",
    ),
    Message.RESULT_TOO_COMPLEX: Text(
        "Saving the result takes more time or memory than is allowed; try a smaller scale or another format.",
        (
            "Das Ergebnis zu speichern braucht mehr Zeit oder Speicher als erlaubt; versuchen Sie einen "
            "kleineren Faktor oder ein anderes Format."
        ),
    ),
    Message.RUN_CANCELED_BY_PROVIDER: Text(
        "The provider canceled the run; try again.",
        "Der Anbieter hat den Lauf abgebrochen; versuchen Sie es noch einmal.",
    ),
    Message.RUN_NOT_ENDED: Text(
        "The provider did not finish the run in time. Try again.",
        "Der Anbieter hat den Lauf nicht rechtzeitig beendet. Versuchen Sie es noch einmal.",
    ),
    Message.RUN_UNCONFIRMED: Text(
        "The provider did not confirm the run. Try again.",
        "Der Anbieter hat den Lauf nicht bestätigt. Versuchen Sie es noch einmal.",
    ),
    Message.RUN_UNKNOWN_TO_PROVIDER: Text(
        "The provider no longer has the run.",
        "Der Anbieter kennt den Lauf nicht mehr.",
    ),
    Message.SCALE_TOO_LARGE: Text(
        (
            "With {model}, an image of {width} x {height} pixels can be enlarged at most {maximum} times, not "
            "{actual} times."
        ),
        (
            "Mit {model} kann ein Bild von {width} x {height} Pixeln höchstens {maximum}-fach vergrößert werden, "
            "nicht {actual}-fach."
        ),
    ),
    Message.SHARE_LINK_EXPIRED: Text(
        "This share link has expired.",
        "Dieser Freigabelink ist abgelaufen.",
    ),
    Message.SIGN_IN_NOT_CONFIGURED: Text(
        "Sign-in is not configured; only guest access is available.",
        "Die Anmeldung ist nicht eingerichtet; es gibt nur Gastzugang.",
    ),
    Message.SIGN_IN_REQUIRED: Text(
        "Sign in, or send the guest cookie you received with your upload.",
        "Melden Sie sich an, oder senden Sie das Gast-Cookie mit, das Sie beim Hochladen erhalten haben.",
    ),
    Message.SIGN_IN_TO_SEE_IMAGE: Text(
        "Sign in, or send the guest cookie you received with your upload, to see this image.",
        "Melden Sie sich an, oder senden Sie das Gast-Cookie vom Hochladen mit, um dieses Bild zu sehen.",
    ),
    Message.TOKENS_UNVERIFIABLE: Text(
        "Tokens cannot be verified at the moment; try again in a minute.",
        "Token können gerade nicht geprüft werden; versuchen Sie es in einer Minute noch einmal.",
    ),
    Message.TOKEN_INVALID: Text(
        "The token is invalid: wrong issuer, audience or signature, or it has expired.",
        ("Das Token ist ungültig: falscher Aussteller, Empfänger oder falsche Signatur, oder es ist abgelaufen."),
    ),
    Message.TOKEN_WITHOUT_SUBJECT: Text(
        "The token has no subject.",
        "Das Token enthält kein Subject.",
    ),
    Message.TOO_MANY_AT_ONCE: Text(
        "Too many of your requests arrived at the same time; try again in a moment.",
        "Zu viele Ihrer Anfragen kamen gleichzeitig an; versuchen Sie es gleich noch einmal.",
    ),
    Message.UPLOADS_EXHAUSTED: Text(
        "Daily limit of {limit} uploads reached; it resets at {resetAt}.",
        "Das Tageslimit von {limit} Uploads ist erreicht; neue sind ab {resetAt} möglich.",
    ),
    Message.UPLOAD_ALREADY_USED: Text(
        "This upload was already used for a job.",
        "Dieser Upload wurde bereits für einen Auftrag verwendet.",
    ),
    Message.UPLOAD_HEADERS_MISMATCH: Text(
        ("The file was not uploaded with exactly the headers that POST /uploads returned; request a new upload URL."),
        (
            "Die Datei wurde nicht mit genau den Headern hochgeladen, die POST /uploads nannte; fordern Sie eine "
            "neue Upload-URL an."
        ),
    ),
    Message.UPLOAD_ID_INVALID: Text(
        "{field} was not issued by POST /uploads.",
        "{field} stammt nicht von POST /uploads.",
    ),
    Message.UPLOAD_NOT_FOUND: Text(
        "No file was uploaded for this uploadId; PUT the image to its upload URL first.",
        ("Für diese uploadId wurde keine Datei hochgeladen; senden Sie das Bild zuerst mit PUT an die Upload-URL."),
    ),
    Message.UPLOAD_TYPE_MISMATCH: Text(
        "The upload was declared as {declared}, but its content is {actual}.",
        "Der Upload wurde als {declared} angekündigt, sein Inhalt ist aber {actual}.",
    ),
    Message.WEBHOOK_SIGNATURE_INVALID: Text(
        "The webhook signature is missing, invalid or too old.",
        "Die Signatur des Webhooks fehlt, ist ungültig oder zu alt.",
    ),
}
