"""The addresses of the space, in French: they are read by people."""

from carnet.national.doors.space.access import page
from carnet.national.doors.space.pages import (
    accesses,
    conversation,
    display,
    document,
    documents,
    home,
    messages,
    sign_in,
    spaces,
)

app_name = "space"

urlpatterns = [
    page("", home.home, "home"),
    page("connexion/", sign_in.sign_in, "sign-in"),
    page("deconnexion/", sign_in.sign_out, "sign-out"),
    page("affichage/", display.choose, "display"),
    page("espace/", spaces.open_space, "open-space"),
    page("nouveautes/lues/", home.mark_all_read, "mark-all-read"),
    page("documents/", documents.documents, "documents"),
    page("documents/<uuid:document_id>/", document.document, "document"),
    page("documents/<uuid:document_id>/original", document.original, "original"),
    page("documents/<uuid:document_id>/fichier", document.readable, "readable"),
    page("messages/", messages.messages, "messages"),
    page("messages/<uuid:conversation_id>/", conversation.conversation, "conversation"),
    page("messages/piece/<uuid:message_id>/<int:index>", conversation.attachment, "attachment"),
    page("acces/", accesses.accesses, "accesses"),
]
