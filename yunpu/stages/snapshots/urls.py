from django.urls import path

from yunpu.stages.snapshots import views

urlpatterns = [
    path("freeze/", views.Freeze.as_view(), name="freeze"),
    path("jobs/<int:pk>/", views.JobPage.as_view(), name="job"),
    path("<int:pk>/", views.SnapshotPage.as_view(), name="detail"),
    path("<int:pk>/verify/", views.Verify.as_view(), name="verify"),
]
