from django.urls import path

from yunpu.stages.intake import views

urlpatterns = [
    path("upload/", views.Upload.as_view(), name="upload"),
    path("formats/", views.Formats.as_view(), name="formats"),
    path("formats/<str:code>.xlsx", views.Template.as_view(), name="template"),
    path("files/<int:pk>/", views.LoadPage.as_view(), name="load"),
    path("files/<int:pk>/records/", views.Records.as_view(), name="records"),
    path("files/<int:pk>/reading/", views.ChangeReading.as_view(), name="reading"),
    path("files/<int:pk>/check/", views.CheckAgain.as_view(), name="check"),
    path("files/<int:pk>/keep/", views.Keep.as_view(), name="keep"),
    path("files/<int:pk>/withdraw/", views.Withdraw.as_view(), name="withdraw"),
    path("files/<int:pk>/progress/", views.ProgressPart.as_view(), name="progress"),
    path("files/<int:pk>/cancel/", views.Cancel.as_view(), name="cancel"),
    path("files/<int:pk>/cell/", views.CellPart.as_view(), name="cell-part"),
    path("files/<int:pk>/original", views.OriginalFile.as_view(), name="original"),
    path("files/<int:pk>/annotated.xlsx", views.Annotated.as_view(), name="annotated"),
    path("batch/<int:batch>/<int:row>/", views.Cell.as_view(), name="cell"),
]
