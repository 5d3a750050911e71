from django.urls import path

from yunpu.stages.records import views

urlpatterns = [
    path("runs/<int:pk>/open/", views.RunView.as_view(), name="run"),
    path("runs/<int:pk>/<str:act>/", views.ActView.as_view(), name="act"),
    path("opinions/<int:pk>/", views.OpinionView.as_view(), name="opinion"),
    path("begin/<str:code>/<int:pk>/", views.BeginView.as_view(), name="begin"),
    path("attach/<str:label>/<int:pk>/", views.AttachView.as_view(), name="attach"),
    path("attachments/<int:pk>/", views.AttachmentView.as_view(), name="attachment"),
    path("attachments/<int:pk>/take-out/", views.TakeOutView.as_view(), name="take-out"),
    path("attachments/<int:pk>/preview/", views.PreviewView.as_view(), name="preview"),
    path("attachments/<int:pk>/pages/<int:number>.png", views.PageView.as_view(), name="page"),
    path("bulk/", views.BulkView.as_view(), name="bulk"),
    path("processes/", views.ProcessesView.as_view(), name="processes"),
    path("processes/<str:code>/", views.ProcessView.as_view(), name="process"),
    path("calendar/", views.CalendarView.as_view(), name="calendar"),
    path("calendar/<int:year>/<int:month>/", views.CalendarView.as_view(), name="calendar-month"),
    path("calendar/address/", views.AddressView.as_view(), name="address"),
    path("calendar/<str:secret>.ics", views.Feed.as_view(), name="feed"),
]
