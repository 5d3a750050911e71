from django.urls import path

from yunpu.stages.bulletins import public, views

urlpatterns = [
    path("confirm/", public.Confirm.as_view(), name="confirm"),
    path("new/", views.Create.as_view(), name="create"),
    path("<int:pk>/", views.BulletinPage.as_view(), name="bulletin"),
    path("<int:pk>/text/", views.ChangeText.as_view(), name="text"),
    path("<int:pk>/look/", views.Look.as_view(), name="look"),
    path("<int:pk>/snapshot/", views.ChangeSnapshot.as_view(), name="snapshot"),
    path("<int:pk>/repair/", views.Repair.as_view(), name="repair"),
    path("<int:pk>/step/<str:step>/", views.Step.as_view(), name="step"),
    path("<int:pk>/page-<int:number>.png", views.PreviewPage.as_view(), name="page"),
    path("words/add/", views.AddWord.as_view(), name="add-word"),
    path("words/<int:pk>/take-off/", views.RemoveWord.as_view(), name="remove-word"),
    path("issues/<int:pk>/open/", views.IssuePage.as_view(), name="issue"),
    path("issues/<int:pk>/bulletin.<str:kind>", views.IssueFile.as_view(), name="file"),
    path("issues/<int:pk>/correct/", views.Correct.as_view(), name="correct"),
]
