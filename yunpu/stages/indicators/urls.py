from django.urls import path

from yunpu.stages.indicators import views

app_name = "indicators"
urlpatterns = [
    path("", views.Catalogue.as_view(), name="catalogue"),
    path("compute/", views.Compute.as_view(), name="compute"),
    path("figures/<str:period>/", views.Figures.as_view(), name="figures"),
    path("figure/<int:pk>/", views.FigurePage.as_view(), name="figure"),
    path("figure/<int:pk>/chain.xlsx", views.ChainExport.as_view(), name="chain"),
    path("<str:code>/", views.IndicatorPage.as_view(), name="indicator"),
]
