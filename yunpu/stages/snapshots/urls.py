from django.urls import path

from yunpu.stages.snapshots import views

app_name = "snapshots"
urlpatterns = [
    path("", views.SnapshotList.as_view(), name="list"),
    path("freeze/", views.Freeze.as_view(), name="freeze"),
    path("jobs/<int:pk>/", views.JobProgress.as_view(), name="job"),
    path("<str:number>/", views.SnapshotDetail.as_view(), name="detail"),
    path("<str:number>/verify/", views.Verify.as_view(), name="verify"),
]
