from django.urls import path

from yunpu.trail import views

urlpatterns = [
    path("of/<str:label>/<int:pk>/", views.ObjectHistory.as_view(), name="object"),
    path("events/<int:pk>/object/", views.EventObject.as_view(), name="event-object"),
    path("reveal/<str:label>/<int:pk>/<str:name>/", views.Reveal.as_view(), name="reveal"),
    path("seals/", views.Seals.as_view(), name="seals"),
    path("seals/<int:pk>/", views.SealPage.as_view(), name="seal"),
    path("seals/<int:pk>/seals.jsonl", views.SealFile.as_view(), name="seal-file"),
    path("by/<int:pk>/", views.PersonHistory.as_view(), name="person"),
]
