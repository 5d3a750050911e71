"""Seals; values as the text that was written; for whom somebody acted."""

import yunpu.trail.models
from django.db import migrations, models

from yunpu.trail.immutable import refuse_changes


class Migration(migrations.Migration):

    dependencies = [
        ('trail', '0002_written_once'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='for_id',
            field=models.BigIntegerField(null=True, verbose_name='代谁办理（编号）'),
        ),
        migrations.AddField(
            model_name='event',
            name='for_name',
            field=models.CharField(blank=True, default='', max_length=100, verbose_name='代谁办理'),
        ),
        migrations.AlterField(
            model_name='change',
            name='after',
            field=yunpu.trail.models.WrittenOnce(verbose_name='现值'),
        ),
        migrations.AlterField(
            model_name='change',
            name='before',
            field=yunpu.trail.models.WrittenOnce(verbose_name='原值'),
        ),
        migrations.AlterField(
            model_name='event',
            name='after',
            field=yunpu.trail.models.WrittenOnce(null=True, verbose_name='现值'),
        ),
        migrations.AlterField(
            model_name='event',
            name='before',
            field=yunpu.trail.models.WrittenOnce(null=True, verbose_name='原值'),
        ),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False, verbose_name='签封号')),
                ('previous', models.CharField(blank=True, max_length=64, verbose_name='上一封的摘要')),
                ('sealed_at', models.DateTimeField(verbose_name='签封时间')),
                ('form', models.PositiveSmallIntegerField(default=1, verbose_name='写法')),
                ('events', models.TextField(blank=True, verbose_name='留痕号段')),
                ('event_count', models.IntegerField(verbose_name='留痕条数')),
                ('changes', models.TextField(blank=True, verbose_name='变更号段')),
                ('change_count', models.IntegerField(verbose_name='变更条数')),
                ('event_top', models.BigIntegerField(verbose_name='至此最大的留痕号')),
                ('change_top', models.BigIntegerField(verbose_name='至此最大的变更号')),
                ('root', models.CharField(max_length=64, verbose_name='树根')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='摘要')),
                ('key', models.CharField(max_length=40, verbose_name='签名密钥')),
                ('algorithm', models.CharField(max_length=20, verbose_name='签名算法')),
                ('signature', models.CharField(max_length=256, verbose_name='签名')),
                ('leaves', models.BinaryField(verbose_name='逐条摘要')),
            ],
            options={
                'verbose_name': '签封',
                'ordering': ['-number'],
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='trail_seal_numbered_from_one'), models.CheckConstraint(condition=models.Q(('event_count__gt', 0), ('change_count__gt', 0), _connector='OR'), name='trail_seal_covers_something')],
            },
        ),
        refuse_changes('trail_event', 'trail_change', 'trail_seal'),
    ]
