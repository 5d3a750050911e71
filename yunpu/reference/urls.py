"""Addresses of the shared identities' own pages; those of their registers come by themselves."""

from django.urls import path

from yunpu.reference import views

urlpatterns = [
    path("", views.AreaView.as_view(), name="area"),
    path("units/tree/", views.UnitTreeView.as_view(), name="unit-tree"),
    path("units/<int:pk>/move/", views.MoveUnitView.as_view(), name="unit-move"),
    path("units/<int:pk>/close/", views.CloseUnitView.as_view(), name="unit-close"),
    path("regions/tree/", views.RegionTreeView.as_view(), name="region-tree"),
    path("classifications/tree/", views.ClassificationTreeView.as_view(), name="classification-tree"),
    path("enterprises/<int:pk>/merge/", views.ChooseDuplicateView.as_view(), name="enterprise-merge"),
    path("enterprises/<int:pk>/merge/<int:other>/", views.MergeView.as_view(), name="enterprise-compare"),
    path("merges/<int:pk>/undo/", views.UndoMergeView.as_view(), name="merge-undo"),
]
