"""What we say, in German: each English sentence of an error, with the same names in braces.

`error.type` is the contract and never changes; `error.message` follows `Accept-Language`. A test holds the sentences
here equal to those in the code.
"""

from collections.abc import Mapping
from typing import Any, Literal

Language = Literal["en", "de"]


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


def render(template: str, details: Mapping[str, Any], language: Language = "en") -> str:
    """The sentence in a language, with its details filled in."""
    sentence = GERMAN.get(template, template) if language == "de" else template
    return sentence.format_map({name: _shown(value, language) for name, value in details.items()})


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


GERMAN: dict[str, str] = {
    "A picture of {width} x {height} pixels can be enlarged {maximum} times with {model}, not {actual} times.": (
        "Ein Bild von {width} x {height} Pixeln kann {model} {maximum}-fach vergrößern, nicht {actual}-fach."
    ),
    "A job was already made of this upload.": "Aus dieser Datei wurde schon ein Auftrag gemacht.",
    "Animated pictures can't be enhanced; send a still one.": (
        "Bewegte Bilder können nicht verbessert werden; senden Sie ein stehendes."
    ),
    "At most {limit} such requests a minute are taken; the next in {retryAfter} s.": (
        "Höchstens {limit} solche Anfragen je Minute werden angenommen; die nächste in {retryAfter} s."
    ),
    "Guests at your address have used {limit} jobs today; sign in, or come back tomorrow.": (
        "Gäste an Ihrer Adresse haben heute {limit} Aufträge verbraucht; melden Sie sich an, oder kommen Sie morgen."
    ),
    "Guests at your address have brought {limit} pictures today; sign in, or come back tomorrow.": (
        "Gäste an Ihrer Adresse haben heute {limit} Bilder gebracht; melden Sie sich an oder kommen Sie morgen wieder."
    ),
    "Idempotency-Key must be 1 to 255 visible ASCII characters.": (
        "Idempotency-Key muss aus 1 bis 255 sichtbaren ASCII-Zeichen bestehen."
    ),
    "This job used a place of your quota.": "Dieser Auftrag hat einen Platz Ihres Kontingents verbraucht.",
    "Nothing was charged to your quota.": "Ihr Kontingent wurde nicht belastet.",
    "Nothing was uploaded under this uploadId; PUT the picture to its URL first.": (
        "Unter dieser uploadId wurde nichts hochgeladen; senden Sie das Bild zuerst mit PUT an seine URL."
    ),
    "Requests must come through the public address.": "Anfragen müssen über die öffentliche Adresse kommen.",
    "Send application/json with an uploadId, or multipart/form-data with the picture as 'image'.": (
        "Senden Sie application/json mit einer uploadId oder multipart/form-data mit dem Bild als 'image'."
    ),
    "Send exactly one file, in the field 'image'.": "Senden Sie genau eine Datei, im Feld 'image'.",
    "Send the body as application/json.": "Senden Sie den Inhalt als application/json.",
    "Sign in, or send the cookie you got with your upload, to see this picture.": (
        "Melden Sie sich an, oder senden Sie das Cookie vom Hochladen mit, um dieses Bild zu sehen."
    ),
    "Sign in, or send the cookie you got with your upload.": (
        "Melden Sie sich an, oder senden Sie das Cookie mit, das Sie beim Hochladen bekommen haben."
    ),
    "Something went wrong on our side; try again.": ("Bei uns ist etwas schiefgegangen; versuchen Sie es noch einmal."),
    "The Authorization header must be: Bearer <token>.": "Der Authorization-Kopf muss lauten: Bearer <Token>.",
    "Saving the result takes more time or memory than one picture gets; try a smaller scale or another format.": (
        "Das Speichern des Ergebnisses braucht mehr Zeit oder Speicher, als ein Bild bekommt; "
        "versuchen Sie einen kleineren Faktor oder ein anderes Format."
    ),
    "The body can't be decoded.": "Der Inhalt kann nicht dekodiert werden.",
    "The body has the content-encoding {actual}; send it as it is, without one.": (
        "Der Inhalt hat das content-encoding {actual}; senden Sie ihn unverändert, ohne ein solches."
    ),
    "The body has {size} bytes; at most {maxBytes} are accepted here.": (
        "Der Inhalt hat {size} Bytes; hier werden höchstens {maxBytes} angenommen."
    ),
    "The body holds a number that is too large: {actual}.": ("Der Inhalt enthält eine zu große Zahl: {actual}."),
    "The body names {field} twice.": ("Der Inhalt nennt {field} zweimal."),
    "The body is not JSON.": "Der Inhalt ist kein JSON.",
    "The body is not a JSON object.": "Der Inhalt ist kein JSON-Objekt.",
    "The body is not a prediction.": "Der Inhalt ist keine Vorhersage.",
    "The body must be a JSON object.": "Der Inhalt muss ein JSON-Objekt sein.",
    "The field {field} is too long, repeated, or one too many.": (
        "Das Feld {field} ist zu lang, doppelt oder eines zu viel."
    ),
    "The file has {size} bytes; a form takes at most {maxBytes}: use POST /uploads.": (
        "Die Datei hat {size} Bytes; ein Formular nimmt höchstens {maxBytes}: verwenden Sie POST /uploads."
    ),
    "The file has {size} bytes; at most {maxBytes} are accepted. Make it smaller and try again.": (
        "Die Datei hat {size} Bytes; höchstens {maxBytes} werden angenommen. Verkleinern Sie sie."
    ),
    "The file is cut off: its {size} bytes end before the picture does. Save or send it again.": (
        "Die Datei ist abgeschnitten: Ihre {size} Bytes enden vor dem Bild. Speichern oder senden Sie sie noch einmal."
    ),
    "The file is empty.": "Die Datei ist leer.",
    "The form can't be read: its boundary or a header is missing or broken.": (
        "Das Formular ist nicht lesbar: Seine Trennmarke oder ein Kopf fehlt oder ist fehlerhaft."
    ),
    "The form has text that is not UTF-8.": "Das Formular enthält Text, der nicht UTF-8 ist.",
    "The job has already ended.": "Der Auftrag ist schon zu Ende.",
    "The job has no result to share.": "Der Auftrag hat kein Ergebnis, das geteilt werden kann.",
    "The job keeps moving; try again.": "Der Auftrag ändert sich gerade; versuchen Sie es noch einmal.",
    "The model's content filter refused this picture; try another picture or another model.": (
        "Der Inhaltsfilter des Modells hat dieses Bild abgelehnt; versuchen Sie ein anderes Bild oder Modell."
    ),
    "The model can't give this picture the size that was asked for; try a smaller scale.": (
        "Das Modell kann diesem Bild die gewünschte Größe nicht geben; versuchen Sie einen kleineren Faktor."
    ),
    "The model could not process this picture; try another picture or another model.": (
        "Das Modell konnte dieses Bild nicht verarbeiten; versuchen Sie ein anderes Bild oder ein anderes Modell."
    ),
    "The original's time is over and it was deleted; upload it again.": (
        "Die Zeit des Originals ist um, es wurde gelöscht; laden Sie es noch einmal hoch."
    ),
    "The picture has {width} x {height} = {pixels} pixels; at most {maxPixels} are accepted.": (
        "Das Bild hat {width} x {height} = {pixels} Pixel; höchstens {maxPixels} werden angenommen."
    ),
    "The picture is built so that reading it takes more time or memory than one picture gets; "
    "save it anew as an ordinary JPEG, PNG or WebP and send that.": (
        "Das Bild ist so gebaut, dass sein Lesen mehr Zeit oder Speicher braucht, als ein Bild bekommt; "
        "speichern Sie es neu als gewöhnliches JPEG, PNG oder WebP und senden Sie dieses."
    ),
    "The picture is damaged and can't be read; save or send it again.": (
        "Das Bild ist beschädigt und kann nicht gelesen werden; speichern oder senden Sie es noch einmal."
    ),
    "The picture is missing: send it as the file field 'image'.": (
        "Das Bild fehlt: Senden Sie es als Dateifeld 'image'."
    ),
    "The picture is too large for this model; try it smaller.": (
        "Das Bild ist zu groß für dieses Modell; versuchen Sie es kleiner."
    ),
    "The provider did not confirm the run. Try again.": (
        "Der Anbieter hat den Lauf nicht bestätigt. Versuchen Sie es noch einmal."
    ),
    "The provider did not end the run in time. Try again.": (
        "Der Anbieter hat den Lauf nicht rechtzeitig beendet. Versuchen Sie es noch einmal."
    ),
    "The provider ended the run before it was done; try again.": (
        "Der Anbieter hat den Lauf vor dem Ende abgebrochen; versuchen Sie es noch einmal."
    ),
    "The provider had no place for this job within a day.": (
        "Der Anbieter hatte einen Tag lang keinen Platz für diesen Auftrag."
    ),
    "The provider no longer knows the run.": "Der Anbieter kennt den Lauf nicht mehr.",
    "The provider refused this job. Try another model.": (
        "Der Anbieter hat diesen Auftrag abgelehnt. Versuchen Sie ein anderes Modell."
    ),
    "The model returned a picture of a single colour; try again, or try another model.": (
        "Das Modell lieferte ein Bild in einer einzigen Farbe; versuchen Sie es noch einmal oder mit einem anderen."
    ),
    "The provider reports success but no longer has the picture.": (
        "Der Anbieter meldet Erfolg, hat das Bild aber nicht mehr."
    ),
    "The provider started no runs for a day. Try again later.": (
        "Der Anbieter hat einen Tag lang keine Läufe begonnen. Versuchen Sie es später noch einmal."
    ),
    "The provider's platform failed twice. Try again later.": (
        "Die Plattform des Anbieters ist zweimal ausgefallen. Versuchen Sie es später."
    ),
    "The result could not be saved; try again.": (
        "Das Ergebnis konnte nicht gespeichert werden; versuchen Sie es noch einmal."
    ),
    "The result's time is over and it was deleted.": "Die Zeit des Ergebnisses ist um, es wurde gelöscht.",
    "The token is not valid: wrong issuer, audience, signature, or its time is over.": (
        "Das Token ist nicht gültig: falscher Aussteller, Empfänger, falsche Signatur, oder es ist abgelaufen."
    ),
    "The token names no subject.": "Das Token nennt niemanden.",
    "The upload was declared as {declared}, but its content is {actual}.": (
        "Die Datei wurde als {declared} angekündigt, ihr Inhalt ist aber {actual}."
    ),
    "The upload was not sent with exactly the headers that POST /uploads gave; ask for another URL.": (
        "Die Datei wurde nicht mit genau den Headern gesendet, die POST /uploads nannte; holen Sie eine neue URL."
    ),
    "The webhook's signature is missing, wrong or too old.": (
        "Die Signatur des Webhooks fehlt, ist falsch oder zu alt."
    ),
    "There is no model {model}; choose {allowed}.": "Es gibt kein Modell {model}; wählen Sie {allowed}.",
    "There is no such job among yours.": "Diesen Auftrag gibt es unter Ihren nicht.",
    "There is no such picture.": "Dieses Bild gibt es nicht.",
    "There is nothing at this path.": "Unter diesem Pfad gibt es nichts.",
    "This Idempotency-Key came before with another request; use a new one.": (
        "Dieser Idempotency-Key kam schon mit einer anderen Anfrage; verwenden Sie einen neuen."
    ),
    "This job could not be started within a day. Try again later.": (
        "Dieser Auftrag konnte einen Tag lang nicht begonnen werden. Versuchen Sie es später noch einmal."
    ),
    "This installation takes no jobs at present.": "Diese Installation nimmt zurzeit keine Aufträge an.",
    "This installation takes no tokens; it knows guests only.": (
        "Diese Installation nimmt keine Token; sie kennt nur Gäste."
    ),
    "This is not a JPEG, PNG or WebP picture, whatever its name says; send one of these.": (
        "Das ist kein JPEG-, PNG- oder WebP-Bild, was auch immer sein Name sagt; senden Sie eines davon."
    ),
    "This link's time is over.": "Die Zeit dieses Links ist um.",
    "This model is no longer on offer; choose another.": (
        "Dieses Modell wird nicht mehr angeboten; wählen Sie ein anderes."
    ),
    "This picture belongs to somebody else.": "Dieses Bild gehört jemand anderem.",
    "This picture was deleted.": "Dieses Bild wurde gelöscht.",
    "This picture's time is over and it was deleted.": "Die Zeit dieses Bildes ist um, es wurde gelöscht.",
    "This request comes from another site.": "Diese Anfrage kommt von einer anderen Website.",
    "Today's runs are used up; new ones are taken from {reopensAt}.": (
        "Die Läufe für heute sind verbraucht; neue werden ab {reopensAt} angenommen."
    ),
    "Today's runs are used up; try again tomorrow.": (
        "Die Läufe für heute sind verbraucht; versuchen Sie es morgen noch einmal."
    ),
    "Tokens can't be checked right now; try again in a minute.": (
        "Token können gerade nicht geprüft werden; versuchen Sie es in einer Minute noch einmal."
    ),
    "Too many of your requests arrived at once; try again in a moment.": (
        "Zu viele Ihrer Anfragen kamen auf einmal; versuchen Sie es gleich noch einmal."
    ),
    "Verify your e-mail address with your sign-in provider first.": (
        "Bestätigen Sie zuerst Ihre E-Mail-Adresse bei Ihrem Anmeldedienst."
    ),
    "You have brought {limit} pictures today; the next are taken from {resetAt}.": (
        "Sie haben heute {limit} Bilder gebracht; die nächsten werden ab {resetAt} angenommen."
    ),
    "You have used {used} of {limit} jobs; the next are free at {resetAt}.": (
        "Sie haben {used} von {limit} Aufträgen verbraucht; die nächsten sind ab {resetAt} frei."
    ),
    "{contentType} is not accepted; send {accepted}.": ("{contentType} wird nicht angenommen; senden Sie {accepted}."),
    "{field} is not one that POST /uploads gave.": "{field} stammt nicht von POST /uploads.",
    "{field} is not one that this list gave.": "{field} stammt nicht aus dieser Liste.",
    "{field} is not what it must be: {fault}.": "{field} ist nicht, was es sein muss: {fault}.",
    "{field} is {actual}; it must be a number from {minimum} to {maximum}.": (
        "{field} ist {actual}; es muss eine Zahl von {minimum} bis {maximum} sein."
    ),
    "{field} is {actual}; it must be a whole number from {minimum} to {maximum}.": (
        "{field} ist {actual}; es muss eine ganze Zahl von {minimum} bis {maximum} sein."
    ),
    "{field} is {actual}; it must be a whole number.": "{field} ist {actual}; es muss eine ganze Zahl sein.",
    "{field} is {actual}; it must be from {minimum} to {maximum}.": (
        "{field} ist {actual}; möglich ist {minimum} bis {maximum}."
    ),
    "{field} is {actual}; it must be one of {allowed}.": "{field} ist {actual}; möglich sind {allowed}.",
    "{field} is {actual}; it must be true or false.": "{field} ist {actual}; möglich sind true und false.",
    "{format} holds {limit} pixels a side; the result would have {actual}. Choose {fitting}.": (
        "{format} fasst {limit} Pixel je Seite; das Ergebnis hätte {actual}. Wählen Sie {fitting}."
    ),
    "{format} holds {limit} pixels a side; the result would have {actual}. "
    "Choose {fitting}, or a scale of at most {maximum}.": (
        "{format} fasst {limit} Pixel je Seite; das Ergebnis hätte {actual}. "
        "Wählen Sie {fitting} oder höchstens den Faktor {maximum}."
    ),
    "{method} is not allowed here; use {allow}.": "{method} ist hier nicht erlaubt; verwenden Sie {allow}.",
    "{model} can't enhance a picture of {width} x {height} pixels; choose another model.": (
        "{model} kann ein Bild mit {width} x {height} Pixeln nicht verbessern; wählen Sie ein anderes Modell."
    ),
    "{model} has no parameter {field}; it takes {allowed}.": (
        "{model} hat keinen Parameter {field}; es nimmt {allowed}."
    ),
}
