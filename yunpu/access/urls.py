from django.urls import path

from yunpu.access import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("password/", views.ChangePassword.as_view(), name="change-password"),
    path("profile/", views.Profile.as_view(), name="profile"),
    path("language/", views.Language.as_view(), name="language"),
    path("new-user/", views.NewUser.as_view(), name="new-user"),
    path("users/<int:pk>/reset-password/", views.ResetPassword.as_view(), name="reset-password"),
]
