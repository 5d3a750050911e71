from django.urls import path

from yunpu.stages.indicators import views

urlpatterns = [
    path("catalogue/", views.Catalogue.as_view(), name="catalogue"),
    path("catalogue/<str:code>/", views.IndicatorPage.as_view(), name="indicator"),
    path("compute/", views.Compute.as_view(), name="compute"),
    path("compute/<int:pk>/<str:period>/", views.JobPage.as_view(), name="job"),
    path("period/<str:period>/", views.PeriodFigures.as_view(), name="period"),
    path("period/<str:period>/<int:snapshot>/figures.csv", views.FiguresExport.as_view(), name="export"),
    path("<int:pk>/", views.FigurePage.as_view(), name="figure"),
    path("<int:pk>/recompute/", views.Recompute.as_view(), name="recompute"),
    path("<int:pk>/chain.xlsx", views.ChainExport.as_view(), name="chain"),
    path("<int:pk>/chain/", views.ChainLater.as_view(), name="chain-later"),
    path("<int:pk>/chain/file.xlsx", views.ChainFile.as_view(), name="chain-file"),
]
